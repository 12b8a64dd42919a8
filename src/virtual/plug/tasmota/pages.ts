import { askForLogin, hasBasicLogin, type WebCall } from '../arduino/web-server.ts';
import { uploadErrorText } from './build.ts';
import { execute } from './commands.ts';
import type { TasmotaFault } from './faults.ts';
import { hardware } from './status.ts';
import { TasmotaUpload } from './upload.ts';
import type { TasmotaUnit } from './unit.ts';

const USER = 'admin';
const RESTARTS = "<br><div style='text-align:center;'>Device will restart in a few seconds</div><br>";
/** Pages that a minimal build leaves out. */
const NOT_IN_MINIMAL = new Set(['/dl', '/rs', '/rt', '/cn', '/md', '/wi', '/lg', '/tp', '/co']);

/** The web pages of Tasmota on port 80 (reference sections 5.1, 5.5, 5.6). */
export class TasmotaPages {
  private readonly unit: TasmotaUnit;
  private readonly upload: TasmotaUpload;

  constructor(unit: TasmotaUnit) {
    this.unit = unit;
    this.upload = new TasmotaUpload(unit);
  }

  async answer(call: WebCall): Promise<void> {
    if (call.path === '/u2' && call.method === 'POST') return this.receive(call);
    const { unit } = this;
    const page = this.pages()[call.path];
    const isThere =
      page != null &&
      !(unit.build.isMinimal && NOT_IN_MINIMAL.has(call.path)) &&
      (call.path !== '/in' || unit.build.hasInformation);
    if (!isThere) {
      const text = `File Not Found\n\nURI: ${call.path}\nMethod: ${call.method}\nArguments: ${call.args.size}\n`;
      return call.chunked(404, 'text/plain', text, this.headers());
    }
    // The command page looks at the login itself: it takes one in the query too.
    const isOpenForSetUp = call.path === '/' && (unit.isManager || call.args.has('rst'));
    if (call.path !== '/cm' && !isOpenForSetUp && (await this.isRefused(call))) return;
    if (call.path === '/cm' && this.isForeign(call)) return call.silence();
    return page(call);
  }

  private pages(): Readonly<Record<string, (call: WebCall) => Promise<void>>> {
    const { unit, upload } = this;
    return {
      '/': (call) => this.root(call),
      '/up': async (call) => {
        await this.page(call, 'Firmware Upgrade', upgradeForms(unit.settings.text('OtaUrl')));
        upload.kind = 'firmware';
      },
      '/rs': async (call) => {
        await this.page(call, 'Restore Configuration', uploadForm('Start restore'));
        upload.kind = 'settings';
      },
      '/u1': async (call) => {
        const url = call.args.get('o') ?? '';
        if (url !== '') execute(unit, `OtaUrl ${url}`);
        const text = `<div style='text-align:center;'><b>Upgrade started ...</b></div>${RESTARTS}`;
        await this.page(call, 'Information', text);
        execute(unit, 'Upgrade 1');
      },
      '/u3': (call) => this.uploadResult(call),
      '/cm': (call) => this.command(call),
      '/cs': (call) => this.console(call),
      '/in': (call) => this.page(call, 'Information', this.information()),
      '/dl': (call) => {
        const name = unit.hostName.replaceAll(/[^A-Za-z0-9]/g, '_');
        return call.reply(200, 'application/octet-stream', unit.settings.backup(), {
          'Content-Disposition': `attachment; filename=Config_${name}_${unit.build.version}.dmp`,
        });
      },
      '/rt': async (call) => {
        await this.page(call, 'Reset Configuration', `<div>Configuration reset</div>${RESTARTS}`);
        execute(unit, 'Reset 1');
      },
      '/wi': (call) => this.wifi(call),
      '/cn': (call) =>
        this.page(call, 'Configuration', "<form action='wi'><button>Configure WiFi</button></form>"),
    };
  }

  private async root(call: WebCall): Promise<void> {
    const { unit } = this;
    if (call.args.has('rst')) {
      await this.page(call, 'Restart', RESTARTS);
      unit.restartSoon();
      return;
    }
    if (unit.isManager) {
      // Without the Wi-Fi page there is nothing to show: the request is not answered.
      if (unit.build.isMinimal) return call.silence();
      return this.wifi(call);
    }
    const note = unit.build.isMinimal ? '<h3>MINIMAL firmware<br>please upgrade</h3>' : '';
    return this.page(call, 'Main Menu', `${note}<form action='up'><button>Firmware Upgrade</button></form>`);
  }

  private async wifi(call: WebCall): Promise<void> {
    const { settings } = this.unit;
    if (!call.args.has('save')) return this.page(call, 'Configure WiFi', wifiForm(settings.text('SSId1')));
    for (const index of [1, 2] as const) {
      settings.setText(`SSId${index}`, call.args.get(`s${index}`) ?? '');
      // A short password is the four stars of the form: unchanged.
      const password = call.args.get(`p${index}`) ?? '';
      if (password === '' || password.length >= 5) settings.setText(`Password${index}`, password);
    }
    const host = call.args.get('h') ?? '';
    settings.setText('Hostname', host === '' || host.includes('%') ? '%s-%04d' : host);
    await this.page(
      call,
      'Save configuration',
      `<div style='text-align:center;'><b>Configuration saved</b><br></div>${RESTARTS}`,
    );
    this.unit.restartSoon();
  }

  private async receive(call: WebCall): Promise<void> {
    const { plug } = this.unit;
    try {
      // What comes in is staged whoever sent it: only the page with the result is guarded (reference section 5.1).
      await call.files(this.upload);
    } catch {
      this.upload.abort();
      return call.reset();
    }
    if (this.upload.error === 0 && plug.fault('reset-at-last-byte' satisfies TasmotaFault)) {
      call.reset();
      return this.unit.restartSoon();
    }
    if (await this.isRefused(call)) return;
    if (this.upload.error === 0 && plug.fault('referer-silent-after-staging' satisfies TasmotaFault))
      return call.silence();
    return this.uploadResult(call);
  }

  private async uploadResult(call: WebCall): Promise<void> {
    const { unit, upload } = this;
    const { error } = upload;
    upload.error = 0;
    const begin = "<div style='text-align:center;'><b>Upload <font color='#";
    if (error !== 0) {
      unit.settings.unpin();
      const text = uploadErrorText(unit.build, error);
      return this.page(call, 'Information', `${begin}ff5661'>Failed</font></b><br><br>${text}</div><br>`);
    }
    await this.page(call, 'Information', `${begin}008000'>Successful</font></b><br>${RESTARTS}</div><br>`);
    unit.restartSoon();
  }

  private async command(call: WebCall): Promise<void> {
    const { unit } = this;
    const { webPassword } = unit;
    if (webPassword != null && !hasBasicLogin(call, USER, webPassword))
      if (call.args.get('user') !== USER || call.args.get('password') !== webPassword)
        return this.json(call, 401, { WARNING: 'Need user=<username>&password=<password>' });
    const line = call.args.get('cmnd') ?? '';
    if (line === '') return this.json(call, 200, { WARNING: 'Enter command cmnd=' });
    return this.json(call, 200, execute(unit, line));
  }

  /** Fields are separated by `}1`: line to go on from, whether the log is new, the lines. */
  private async console(call: WebCall): Promise<void> {
    if (!call.args.has('c2')) return this.page(call, 'Console', "<textarea readonly id='t1'></textarea>");
    const line = call.args.get('c1') ?? '';
    if (line !== '') execute(this.unit, line);
    const lines = this.unit.console;
    const from = Math.max(0, Number(call.args.get('c2')) || 0);
    const body = `${lines.length}}1${from === 0 ? 1 : 0}}1${lines.slice(from).join('\n')}}1`;
    return call.chunked(200, 'text/plain', body, this.headers());
  }

  private information(): string {
    const { build, plug, settings, hostName, address = '' } = this.unit;
    const rows = [
      ['Program Version', `${build.version}(${build.variant})`],
      ['Build Date &amp; Time', build.builtAt],
      ['Core/SDK Version', `${build.core}/${build.sdk}`],
      ['Boot Count', settings.bootCount],
      ['Hostname', hostName],
      ['MAC Address', plug.chip.mac.toUpperCase()],
      ['IP Address (wifi)', address],
      ['Flash Chip Id', plug.chip.flashBytes === 2 * 1024 * 1024 ? '0x1540EF' : '0x1440EF'],
      ['Flash Size', `${plug.chip.flashBytes / 1024} kB`],
      ['Program Size', `${Math.floor(this.unit.sketch.sizeBytes / 1024)} kB`],
    ];
    return rows.map(([name, value]) => `}1${name}}2${value}`).join('');
  }

  private json(call: WebCall, status: number, value: object): Promise<void> {
    return call.chunked(status, 'application/json', JSON.stringify(value), this.headers());
  }

  private page(call: WebCall, title: string, content: string): Promise<void> {
    const { unit } = this;
    const name = unit.settings.text('DeviceName');
    const body =
      `<!DOCTYPE html><html lang="en"><head><meta charset='utf-8'><title>${name} - ${title}</title></head>` +
      `<body><h3>Sonoff Basic Module</h3><h2>${name}</h2>${content}` +
      `<div style='text-align:right;'>Tasmota ${unit.build.version} by Theo Arends</div></body></html>`;
    return call.chunked(200, 'text/html', body, this.headers());
  }

  private headers(): Record<string, string> {
    const { build, plug } = this.unit;
    return {
      Server: `Tasmota/${build.version} (${hardware(plug.chip.onlyDout)})`,
      'Cache-Control': 'no-cache, no-store, must-revalidate',
      Pragma: 'no-cache',
      Expires: '-1',
    };
  }

  /** Login, then Referer; the second is refused without any answer. */
  private async isRefused(call: WebCall): Promise<boolean> {
    const { webPassword } = this.unit;
    if (webPassword != null && !hasBasicLogin(call, USER, webPassword)) {
      await askForLogin(call);
      return true;
    }
    if (!this.isForeign(call)) return false;
    this.unit.print(`HTP: Referer '${call.header('referer')}' denied. Use 'SO128 1' for HTTP API commands.`);
    await call.silence();
    return true;
  }

  private isForeign(call: WebCall): boolean {
    const { build, settings, isManager, hostName, address } = this.unit;
    if (!build.knowsReferer || isManager || settings.option(128) === 1) return false;
    const referer = call.header('referer').toUpperCase();
    // Behind a port of this computer the client knows the plug by another address than the plug itself.
    const names = [hostName, address, call.header('host')];
    return !names.some((name) => name != null && name !== '' && referer.indexOf(name.toUpperCase()) === 7);
  }
}

const uploadForm = (start: string): string =>
  "<form method='post' action='u2' enctype='multipart/form-data'><input type='file' name='u2'>" +
  `<button type='submit'>${start}</button></form>`;

const upgradeForms = (url: string): string =>
  `<form method='get' action='u1'><b>OTA Url</b><input id='o' name='o' value="${escaped(url)}">` +
  `<button type='submit'>Start upgrade</button></form>${uploadForm('Start upgrade')}`;

const wifiForm = (ssid: string): string =>
  `<form method='get' action='wi'><input id='s1' name='s1' value="${escaped(ssid)}">` +
  "<input id='p1' name='p1' type='password' value='****'><input id='s2' name='s2'>" +
  "<input id='p2' name='p2' type='password' value='****'><input id='h' name='h' value='%s-%04d'>" +
  "<button name='save' type='submit'>Save</button></form>";

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
