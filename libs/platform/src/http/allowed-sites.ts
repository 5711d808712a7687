import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { shortened } from '../problems/faults.ts';
import { ProblemError } from '../problems/problem.ts';
import { bareHost } from '../config/bare-host.ts';

type Asked = Pick<IncomingMessage, 'method' | 'headers'>;

/** Node uses the first of several headers; a proxy in front may have checked another. */
function hasSeveralHosts({ rawHeaders }: IncomingMessage): boolean {
  return rawHeaders.findIndex(isHostName) !== rawHeaders.findLastIndex(isHostName);
}

/** Names and values of headers alternate. */
function isHostName(text: string, index: number): boolean {
  return index % 2 === 0 && text.toLowerCase() === 'host';
}

/** Characters of a name that are shown at most. */
const maxName = 200;
/** Health checks may use any name. */
const healthPaths: ReadonlySet<string | undefined> = new Set(['/health/live', '/health/ready']);

/**
 * Protects a server from the pages in a browser on a trusted machine: from a page whose host name was made to resolve here
 * (DNS rebinding), by the Host header; and from cross-site requests, by Origin and Sec-Fetch-Site. Other clients
 * do not send these two.
 */
export class AllowedSites {
  private readonly hosts: ReadonlySet<string>;
  private readonly domains: readonly string[];
  private readonly origins: ReadonlySet<string>;

  /**
   * @param hosts host names of the server besides `localhost` and addresses, which are always accepted; `*.example.com` accepts any
   * subdomain, `*` any name
   * @param origins origins of pages that may call it besides its own, such as `https://console.example.com`
   */
  constructor({ hosts = [], origins = [] }: { hosts?: readonly string[]; origins?: readonly string[] } = {}) {
    const names = [...hosts, '*.localhost'].map((name) => name.toLowerCase());
    this.hosts = new Set(['localhost', ...names]);
    this.domains = names.filter((name) => name.startsWith('*.')).map((name) => name.slice(1));
    this.origins = new Set(origins.map((origin) => new URL(origin).origin));
  }

  /** Why a request is refused; undefined: it is accepted. */
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

  /** Whether the origin of a page is listed, so that the page may read answers. */
  isListed(origin: string): boolean {
    return URL.canParse(origin) && this.origins.has(new URL(origin).origin);
  }

  /** An address, unlike a name, cannot be made to resolve elsewhere. */
  private isOurs(host: string): boolean {
    if (this.hosts.has('*')) return true;
    const name = host
      .toLowerCase()
      .replace(/:\d{0,5}$/, '')
      .replace(/\.$/, '');
    if (this.hosts.has(name) || isIP(bareHost(name)) !== 0) return true;
    return this.domains.some((domain) => name.endsWith(domain));
  }

  /** A page served by this server itself, under its present name, or a listed one. */
  private mayCall(origin: string, host: string | undefined): boolean {
    if (!URL.canParse(origin)) return false;
    const page = new URL(origin);
    if (this.origins.has(page.origin)) return true;
    const port = page.protocol === 'https:' ? '443' : '80';
    const asked = host?.toLowerCase();
    return page.host !== '' && (asked === page.host || asked === `${page.hostname}:${page.port || port}`);
  }
}

/** Browsers mark every request from a page of another site; only following a link passes. */
function isCrossSite(method: string | undefined, headers: Asked['headers']): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== 'cross-site' && site !== 'same-site') return false;
  return !(method === 'GET' && headers['sec-fetch-mode'] === 'navigate');
}

/** Refuses requests of other sites before anything else happens. */
export function installAllowedSites(fastify: FastifyInstance, sites: AllowedSites): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (hasSeveralHosts(request.raw))
      return done(new ProblemError('malformed_request', 'The request has several Host headers'));
    if (healthPaths.has(request.url.split('?', 1)[0])) return done();
    return done(sites.refusal(request.raw));
  });
}

/**
 * Accepts the WebSocket upgrades of one path unless they are refused. A request for any other protocol, such as `h2c` from Java's and
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
