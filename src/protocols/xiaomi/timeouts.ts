/** Waiting times of the Mi authentication, ms. Ours: a P-256 product takes a TLSR825x seconds, and stock sleeps between. */
export const MI_TIMEOUT = {
  /** One answer: an announcement, READY, SUCCESS. */
  answer: 10_000,
  /** An answer for which the unit computes a key or writes flash. */
  computed: 20_000,
  /** Silence inside a message after which the missing frames are asked for. */
  frameGap: 1_500,
  /** Before the registration starts, after the device info: what the public flashers wait. */
  beforeRegistration: 250,
} as const;

/** Times that the frames of one message are asked for or sent again. */
export const RESEND_ROUNDS = 5;
