export { SonoffDiy, type SonoffPeer } from './client.ts';
export {
  decodeResult,
  readAnnouncement,
  RESULT_PATH,
  SONOFF_PORT,
  type SonoffAnnouncement,
  type SonoffInfo,
} from './codec.ts';
export { postedError } from './errors.ts';
