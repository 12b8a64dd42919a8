export { LOG_PORT, parseLog, readSign, type HaaLogLine, type HaaSign } from './log-line.ts';
export { openPortal, PORTAL_PORT, saveSettings, type PortalTalk } from './portal.ts';
export { takesMirror, type MirrorPlace, type PortalPage, type PortalSettings } from './portal-page.ts';
export { checkScript } from './script.ts';
