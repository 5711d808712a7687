import { bareHost } from './bare-host.ts';
import { readEnvironment } from './environment.ts';
import { EnvironmentError } from './errors.ts';
import { Given } from './given.ts';
import type { RedisConnection } from './redis-connection.ts';

class Environment {
  REDIS_USERNAME = '';
  REDIS_PASSWORD = '';
  REDIS_SENTINEL_USERNAME = '';
  REDIS_SENTINEL_PASSWORD = '';
  REDIS_SSL_CA_FILE = '';
  REDIS_SSL_CERT_FILE = '';
  REDIS_SSL_KEY_FILE = '';
  REDIS_SSL_SERVERNAME = '';
}

const examples: { readonly [name in keyof Environment]?: string } = {
  REDIS_USERNAME: 'turnstream',
  REDIS_SENTINEL_USERNAME: 'turnstream',
  REDIS_SSL_CA_FILE: '/etc/redis/ca.pem',
  REDIS_SSL_CERT_FILE: '/etc/redis/client.pem',
  REDIS_SSL_KEY_FILE: '/etc/redis/client.key',
  REDIS_SSL_SERVERNAME: 'redis.example.com',
};

/** The scheme, credentials, nodes and path of an address. */
const address = /^(rediss?)(?:\+(cluster|sentinel))?:\/\/(?:([^@/\s]*)@)?([^/?\s]+)(?:\/([^?\s]*))?(\?\S*)?$/;
/** A host name or an address; IPv6 addresses in brackets. */
const node = /^(\[[\da-f:.]+\]|[^[\]:\s]+)(?::(\d{1,5}))?$/i;
export const exampleOfSingle = 'redis://127.0.0.1:6379';
const exampleOfCluster = 'redis+cluster://redis-1:6379,redis-2:6379,redis-3:6379';
const exampleOfSentinel = 'redis+sentinel://sentinel-1:26379,sentinel-2:26379,sentinel-3:26379/mymaster/0';

/**
 * Reads where Redis is and how to secure the connections: a single node, comma-separated nodes of a cluster, or
 * sentinels with the name of their master. Reads certificates, keys and secrets from their files.
 * @throws EnvironmentError that names the variable; neither the address nor a secret is in its text
 */
export function loadRedisConnection(url: string, env: NodeJS.ProcessEnv): RedisConnection {
  const [, scheme = '', kind, credentials, hosts = '', path = '', query = ''] = address.exec(url) ?? [];
  if (scheme === '') refuseUrl('must be a redis:// address', exampleOfSingle);
  const given = new Given(readEnvironment(Environment, env, { examples }), examples);
  const { REDIS_USERNAME: user, REDIS_PASSWORD: password } = given.variables;
  const named = namedCredentials(user, password);
  if (credentials !== undefined && Object.keys(named).length > 0)
    refuseUrl('must not have credentials when REDIS_USERNAME or a REDIS_PASSWORD is set', exampleOfSingle);
  const shared = { ...named, ...(scheme === 'rediss' && { tls: given.tls('REDIS_SSL') }) };
  const set = given.firstSet('REDIS_SSL_');
  if (scheme !== 'rediss' && set !== undefined)
    refuseUrl(`must begin with rediss when ${set} is set`, 'rediss://redis.example.com:6380');
  const setSentinel = given.firstSet('REDIS_SENTINEL_');
  if (kind !== 'sentinel' && setSentinel !== undefined)
    refuseUrl(`must name sentinels when ${setSentinel} is set`, exampleOfSentinel);
  if (kind === undefined && !hosts.includes(',')) return { kind: 'single', url, ...shared };
  const secured = { ...(credentials !== undefined && credentialsOf(credentials)), ...shared };
  if (query !== '') refuseUrl('has no place for options after ? with several nodes', exampleOfCluster);
  if (kind !== 'sentinel') {
    if (path !== '' && path !== '0')
      refuseUrl('names a database, of which a cluster has only 0', exampleOfCluster);
    return { kind: 'cluster', nodes: nodesOf(hosts, 6_379, exampleOfCluster), ...secured };
  }
  const [name = '', database = '0', ...more] = path.split('/');
  if (name === '') refuseUrl('must name the master that the sentinels watch', exampleOfSentinel);
  if (!/^\d{1,4}$/.test(database) || more.length > 0)
    refuseUrl(
      'must end with the name of the master and, if need be, the number of a database',
      exampleOfSentinel,
    );
  const { REDIS_SENTINEL_USERNAME: sentinelUser, REDIS_SENTINEL_PASSWORD: secret } = given.variables;
  return {
    kind: 'sentinel',
    nodes: nodesOf(hosts, 26_379, exampleOfSentinel),
    name: decoded(name),
    database: Number(database),
    sentinels: namedCredentials(sentinelUser, secret),
    ...secured,
  };
}

function nodesOf(hosts: string, usualPort: number, example: string): { host: string; port: number }[] {
  return hosts.split(',').map((text) => {
    const [, host, port = String(usualPort)] = node.exec(text) ?? [];
    if (host === undefined || Number(port) < 1 || Number(port) > 65_535)
      return refuseUrl('must be host:port, several with commas between', example);
    return { host: bareHost(host), port: Number(port) };
  });
}

/** As `user:password`, or `:password`. */
function credentialsOf(text: string): { username?: string; password?: string } {
  const colon = text.indexOf(':');
  const [username, password] = colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
  return namedCredentials(decoded(username), decoded(password));
}

function namedCredentials(username: string, password: string): { username?: string; password?: string } {
  return { ...(username !== '' && { username }), ...(password !== '' && { password }) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return refuseUrl('must have %25 for each % in a user name or password', exampleOfSingle);
  }
}

function refuseUrl(message: string, example: string): never {
  throw new EnvironmentError([{ variable: 'REDIS_URL', message, example }]);
}
