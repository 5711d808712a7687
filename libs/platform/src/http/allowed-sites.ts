import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { shortened } from '../problems/faults.ts';
import { ProblemError } from '../problems/problem.ts';

type Asked = Pick<IncomingMessage, 'method' | 'headers'>;

/** Node takes the first of several; a proxy before us may have judged by another. */
function hasSeveralHosts({ rawHeaders }: IncomingMessage): boolean {
  return rawHeaders.findIndex(isHostName) !== rawHeaders.findLastIndex(isHostName);
}

/** Names and values of headers alternate. */
function isHostName(text: string, index: number): boolean {
  return index % 2 === 0 && text.toLowerCase() === 'host';
}

/** Characters of a name that are told at most. */
const maxName = 200;
/** Whoever checks whether the process lives may call it by any name. */
const healthPaths: ReadonlySet<string | undefined> = new Set(['/health/live', '/health/ready']);

/**
 * Protects a server from the pages that a browser on a trusted machine shows: from one whose name was made to lead here
 * (DNS rebinding), by the Host; and from one that sends requests across sites, by Origin and Sec-Fetch-Site. Other clients
 * send neither of these two.
 */
export class AllowedSites {
  private readonly hosts: ReadonlySet<string>;
  private readonly domains: readonly string[];
  private readonly origins: ReadonlySet<string>;

  /**
   * @param hosts names of the server beside `localhost` and addresses, which always count; `*.example.com` is any name below
   * a domain, `*` any at all
   * @param origins origins of pages that may call it beside its own, as `https://console.example.com`
   */
  constructor({ hosts = [], origins = [] }: { hosts?: readonly string[]; origins?: readonly string[] } = {}) {
    const names = [...hosts, '*.localhost'].map((name) => name.toLowerCase());
    this.hosts = new Set(['localhost', ...names]);
    this.domains = names.filter((name) => name.startsWith('*.')).map((name) => name.slice(1));
    this.origins = new Set(origins.map((origin) => new URL(origin).origin));
  }

  /** Why a request is refused; undefined: it is not. */
  refusal({ method, headers }: Asked): ProblemError | undefined {
    const { host, origin } = headers;
    if (host !== undefined && !this.isOurs(host)) {
      const name = shortened(host, maxName);
      return new ProblemError('host_not_allowed', `This server has no name ${name}; see ALLOWED_HOSTS`);
    }
    const isForeign = origin === undefined ? isCrossSite(method, headers) : !this.mayCall(origin, host);
    if (!isForeign) return undefined;
    const page = origin === undefined ? 'another site' : shortened(origin, maxName);
    return new ProblemError('origin_not_allowed', `A page of ${page} may not call this; see ALLOWED_ORIGINS`);
  }

  /** Whether a page of an origin is listed, so that it may read answers. */
  isListed(origin: string): boolean {
    return URL.canParse(origin) && this.origins.has(new URL(origin).origin);
  }

  /** An address cannot be made to lead elsewhere, as a name can. */
  private isOurs(host: string): boolean {
    if (this.hosts.has('*')) return true;
    const name = host
      .toLowerCase()
      .replace(/:\d{0,5}$/, '')
      .replace(/\.$/, '');
    if (this.hosts.has(name) || isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0) return true;
    return this.domains.some((domain) => name.endsWith(domain));
  }

  /** A page that this server itself has served, under the name by which it is asked now, or one that is listed. */
  private mayCall(origin: string, host: string | undefined): boolean {
    if (!URL.canParse(origin)) return false;
    const page = new URL(origin);
    if (this.origins.has(page.origin)) return true;
    const port = page.protocol === 'https:' ? '443' : '80';
    const asked = host?.toLowerCase();
    return page.host !== '' && (asked === page.host || asked === `${page.hostname}:${page.port || port}`);
  }
}

/** Browsers say so of each request that a page of another site makes; only following a link passes. */
function isCrossSite(method: string | undefined, headers: Asked['headers']): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== 'cross-site' && site !== 'same-site') return false;
  return !(method === 'GET' && headers['sec-fetch-mode'] === 'navigate');
}

/** Refuses requests of other sites before anything else is done with them. */
export function installAllowedSites(fastify: FastifyInstance, sites: AllowedSites): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (hasSeveralHosts(request.raw))
      return done(new ProblemError('malformed_request', 'The request has several Host headers'));
    if (healthPaths.has(request.url.split('?', 1)[0])) return done();
    return done(sites.refusal(request.raw));
  });
}

/**
 * Claims the WebSocket upgrades of one path that are not refused. A request for any other protocol, as `h2c` of Java's and
 * curl's clients, is answered in HTTP/1.1 like all others.
 */
export function claimsUpgrade(
  path: string | undefined,
  sites: AllowedSites,
): (request: IncomingMessage) => boolean {
  return (request) =>
    path !== undefined &&
    request.method === 'GET' &&
    request.headers.upgrade?.toLowerCase() === 'websocket' &&
    request.url?.split('?', 1)[0] === path &&
    !hasSeveralHosts(request) &&
    sites.refusal(request) === undefined;
}
