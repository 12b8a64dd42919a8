/** Mi thermometers: who is there, and what can be done with it. */
export { percentOfMv, readBattery, type BatteryState } from './battery.ts';
export { PROFILES, profileOf, type ThermometerProfile } from './models.ts';
export { peerKind, readPeer, type PeerIdentity, type PeerKind } from './peer.ts';
export { judgeUnit, verdictError, type FlashVerdict, type UnitFacts } from './verdict.ts';
