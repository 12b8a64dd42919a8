/** The flow by which a unit comes back that the network does not reach any more. */
export const WIRE_FLOW = 'esp8266-plug-wire';
