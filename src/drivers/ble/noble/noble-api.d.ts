/* eslint-disable @typescript-eslint/consistent-type-imports -- an ambient module cannot import by a relative name */
/** What benchflash uses of @abandonware/noble 1.9. Its own types cover neither its entries nor all of its events. */
declare module '@abandonware/noble/with-bindings.js' {
  const withBindings: (bindings: import('node:events').EventEmitter) => import('./noble-types.ts').Noble;
  export default withBindings;
}

declare module '@abandonware/noble/with-custom-binding.js' {
  /** Makes bindings of this computer's adapter: throws where there is none, or native code does not load. */
  const withCustomBinding: (options?: object) => import('./noble-types.ts').Noble;
  export default withCustomBinding;
}
