/** Registration and login with Mi BLE devices (standard authentication). */
export { login, type LoginOptions } from './login.ts';
export { register, type RegisterOptions } from './register.ts';
export { BIND_KEY_BYTES, ID_BYTES, TOKEN_BYTES, type MiKeys } from './keys.ts';
export { productModel } from './products.ts';
