/** Below this, connections fail and break, dBm: the edge of what adapters receive is near -95. */
export const WEAK_SIGNAL_DBM = -88;

/** The least that an update over the air asks of a coin cell, percent: see `minBatteryPercent` of the profiles. */
export const LOW_BATTERY_PERCENT = 40;

export const isWeakSignal = (rssiDbm: number): boolean => rssiDbm < WEAK_SIGNAL_DBM;
export const isLowBattery = (percent: number): boolean => percent < LOW_BATTERY_PERCENT;
