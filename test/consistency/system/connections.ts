import type { TcpProxy } from '../../../libs/platform/src/testing/tcp-proxy.ts';
import { tcpProxy } from '../../../libs/platform/src/testing/tcp-proxy.ts';

/**
 * The variables of the backing services that can be reached through a proxy. Kafka advertises its own address to
 * clients: see `ofBrokers`.
 */
const proxied = { EVENTSTORE_URL: 'event-store', REDIS_URL: 'redis', DATABASE_URL: 'postgres' } as const;

/** A proxy for every connection between two processes, named like `api-1>redis`. */
export class Connections {
  private readonly proxies = new Map<string, TcpProxy>();

  get names(): readonly string[] {
    return [...this.proxies.keys()];
  }

  /** The addresses of the backing services for one process. */
  async ofProcess(
    name: string,
    services: Readonly<Record<string, string>>,
  ): Promise<Readonly<Record<string, string>>> {
    const urls = { ...services };
    for (const [variable, service] of Object.entries(proxied))
      urls[variable] = await this.add(`${name}>${service}`, services[variable] ?? '');
    return urls;
  }

  /**
   * The value of REDIRECTED_PORTS that makes one process reach Kafka through proxies, whatever address Kafka
   * advertises.
   */
  async ofBrokers(name: string, brokers: string): Promise<string> {
    const ports: Record<string, number> = {};
    for (const broker of brokers.split(',')) {
      const { port } = new URL(`tcp://${broker}`);
      ports[port] = Number(new URL(await this.add(`${name}>kafka`, `tcp://${broker}`)).port);
    }
    return JSON.stringify(ports);
  }

  /** The address of a new proxy to the url. */
  async add(name: string, url: string): Promise<string> {
    const proxy = await tcpProxy(url);
    this.proxies.set(name, proxy);
    return proxy.url.replace(/\/$/, '');
  }

  async cut(name: string): Promise<void> {
    await this.proxies.get(name)?.cut();
  }

  delay(name: string, ms: number): void {
    this.proxies.get(name)?.delay(ms);
  }

  strand(name: string): void {
    this.proxies.get(name)?.strand();
  }

  async restore(name: string): Promise<void> {
    await this.proxies.get(name)?.restore();
  }

  async close(): Promise<void> {
    for (const proxy of this.proxies.values()) {
      proxy.delay(0);
      await proxy.cut();
    }
  }
}
