export { TasmotaClient, type TasmotaOptions } from './client.ts';
export { setOtaUrl, startUpgrade } from './ota.ts';
export { apply, applyTemplate, parseCommands, parseTemplate, type TasmotaTemplate } from './set-up.ts';
export type { TasmotaStatus } from './status.ts';
export { downloadSettings, uploadImage, uploadSettings, type UploadEnd } from './upload.ts';
export {
  compareVersions,
  isOtherVariant,
  losesSettings,
  parseVersion,
  versionBetween,
  versionText,
  type TasmotaVersion,
} from './version.ts';
export { checkWifi, sendWifi, type WifiSettings } from './wifi.ts';
