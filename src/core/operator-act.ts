/** Physical acts at the bench that a flow may ask for; the practice bench performs them on its virtual unit. */
export type OperatorAct =
  /** GPIO0 to GND, then power off and on: the chip starts in its ROM loader. */
  | 'power-into-loader'
  /** GPIO0 free, then power off and on: the chip starts from flash. */
  | 'power-into-firmware'
  /** Battery out, battery in: the firmware starts anew. */
  | 'cycle-battery'
  /** A fresh cell is put in. */
  | 'change-cell'
  /** Power off and on, nothing held: what runs from flash starts anew. */
  | 'power-cycle'
  /** The programmer is put on the flash chip (or its jumper set, its plug plugged in). */
  | 'connect-programmer'
  /** A phone joins the access point of the unit and gives it its Wi-Fi on the page there. */
  | 'join-access-point'
  /** The Wi-Fi router of the units is switched off: all of them lose their network. */
  | 'router-off'
  | 'router-on'
  /** Jig: the unit is taken out and the next one put in, as it would be for `power-into-loader` or `cycle-battery`. */
  | 'next-unit';
