/**
 * `node --import redirect.mjs`: redirects connections of this process from a port to another one, by REDIRECTED_PORTS
 * (JSON).
 */
import { Socket } from 'node:net';

const ports = JSON.parse(process.env.REDIRECTED_PORTS ?? '{}');
const connect = Reflect.get(Socket.prototype, 'connect');

Socket.prototype.connect = function (...args) {
  // `net.connect` passes its arguments as one array.
  const options = Array.isArray(args[0]) ? args[0][0] : args[0];
  const port = ports[options?.port];
  if (port !== undefined) options.port = port;
  return Reflect.apply(connect, this, args);
};
