/** Defaults for a connection string. Discovery passes over a hanging node after a second. */
const defaults = { gossipTimeout: 1, maxDiscoverAttempts: 5 };

/** How long an unanswered ping of the connection is waited for at least, in milliseconds. */
const keepAliveTimeoutMs = 3_000;
let connections = 0;

/**
 * The connection string for one more connection. The client supports `esdb://` only. gRPC gives all clients of a process
 * with the same address and options one shared connection, on which a server allows 100 calls; so one option always differs.
 */
export function connectionString(url: string): string {
  const address = url.replace(/^kurrentdb/, 'esdb');
  const missing = Object.entries(defaults).filter(([name]) => !new RegExp(`[?&]${name}=`, 'i').test(address));
  connections = (connections + 1) % 1_000;
  const options = [...missing, ['keepAliveTimeout', keepAliveTimeoutMs + connections]];
  const text = options.map(([name, value]) => `${name}=${value}`).join('&');
  return `${address}${address.includes('?') ? '&' : '?'}${text}`;
}
