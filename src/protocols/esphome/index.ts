export { buildText, ESPHOME_SERVICE, readEspHome, type EspHomeAnnouncement } from './announcement.ts';
export { isLostConnection } from './answers.ts';
export { OTA_PORTS } from './codec.ts';
export {
  greetUpdater,
  updateByOta,
  type Greeting,
  type OtaEnd,
  type OtaPeer,
  type OtaUpdate,
} from './ota.ts';
export { updateByWeb, type WebEnd, type WebUpdate } from './web-update.ts';
