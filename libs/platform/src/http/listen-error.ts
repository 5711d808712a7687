import { isError } from '../errors/any-error.ts';

/** The error text when a server cannot listen. */
export function listenFault(error: unknown, host: string, port: number): unknown {
  const code = isError(error) ? error.code : undefined;
  const texts: Record<string, string> = {
    EADDRINUSE: `Port ${port} of ${host} is taken: end the program that listens there, or set PORT`,
    EACCES: `Port ${port} may not be used by this user: set PORT to one above 1023`,
    EADDRNOTAVAIL: `${host} is not an address of this machine: set HOST`,
    ENOTFOUND: `${host} is not an address of this machine: set HOST`,
  };
  const text = texts[String(code)];
  return text ? new Error(text, { cause: error }) : error;
}
