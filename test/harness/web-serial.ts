import type { SerialPort } from '../../src/drivers/serial/port.ts';

/** One of our ports in the shape of the browser's Web Serial API, for programs that know only that (esptool-js). */
export function webSerialOf(port: SerialPort) {
  let readable: ReadableStream<Uint8Array> | null = null;
  let writable: WritableStream<Uint8Array> | null = null;
  let lines = { dtr: false, rts: false };
  let stopListening = () => {};
  return {
    get readable() {
      return readable;
    },
    get writable() {
      return writable;
    },
    getInfo: () => ({}),
    async open({ baudRate }: { baudRate: number }) {
      await port.setBaudRate(baudRate);
      readable = new ReadableStream<Uint8Array>({
        start: (controller) => {
          stopListening = port.onData((bytes) => controller.enqueue(bytes));
        },
      });
      writable = new WritableStream<Uint8Array>({ write: (bytes) => port.write(bytes) });
    },
    async setSignals(signals: { dataTerminalReady?: boolean; requestToSend?: boolean }) {
      lines = {
        dtr: signals.dataTerminalReady ?? lines.dtr,
        rts: signals.requestToSend ?? lines.rts,
      };
      if (port.hasControlLines) await port.setLines(lines);
    },
    close: () => {
      stopListening();
      readable = null;
      writable = null;
      return Promise.resolve();
    },
  };
}
