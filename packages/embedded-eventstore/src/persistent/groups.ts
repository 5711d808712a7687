import { append, softDelete } from '../store/append.ts';
import type { Store } from '../store/store.ts';
import type { Feed } from '../subscriptions/feed.ts';
import { Group } from './group.ts';
import { checkpointStream, groupKey, parkedStream, type GroupConfig } from './settings.ts';
import { newId } from '../store/event-id.ts';
import { messageOf, StoreReadError } from '../store/errors.ts';

const CONFIG_STREAM = '$persistentSubscriptionConfig';
const TICK_MS = 100;

/** All persistent subscriptions; a separate stream stores their configuration. */
export class Groups {
  private readonly groups = new Map<string, Group>();
  /** Stored by an earlier version, with a filter that is no longer supported: not served, but kept. */
  private unusable: GroupConfig[] = [];
  /** The stored configuration could not be read, and must not be replaced. */
  private isUnread = false;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly store: Store,
    private readonly feed: Feed,
  ) {
    this.load();
    this.timer = setInterval(() => this.tick(), TICK_MS);
    this.timer.unref();
  }

  find(stream: string, group: string): Group | undefined {
    return this.groups.get(groupKey(stream, group));
  }

  /** The groups of one stream, or all groups. */
  list(stream?: string): Group[] {
    const all = [...this.groups.values()];
    return stream === undefined ? all : all.filter(({ config }) => config.stream === stream);
  }

  /** Creates or replaces a group. The consumers of the old one are dropped; its checkpoint stays. */
  async put(config: GroupConfig, user: string): Promise<void> {
    if (this.isUnread)
      throw new StoreReadError('The configuration of the persistent subscriptions cannot be read');
    const old = this.find(config.stream, config.group);
    if (old) this.close(old);
    this.open(config);
    await this.save(user);
  }

  async delete(group: Group, user: string): Promise<void> {
    const { config } = group;
    this.groups.delete(groupKey(config.stream, config.group));
    this.close(group);
    await this.save(user);
    await this.store.writer.write((tx) => {
      for (const stream of [checkpointStream(config), parkedStream(config)]) {
        if (tx.streams.get(stream).sid !== 0) softDelete(tx, stream, 'any');
      }
    });
  }

  /** Drops all consumers and reloads the configuration. */
  restart(): void {
    for (const group of this.groups.values()) this.close(group);
    this.groups.clear();
    this.store.writer.flush();
    this.load();
  }

  stop(): void {
    clearInterval(this.timer);
    for (const group of this.groups.values()) this.close(group);
  }

  private open(config: GroupConfig): void {
    const group = new Group(this.store, config);
    this.groups.set(groupKey(config.stream, config.group), group);
    this.feed.add(group);
  }

  private close(group: Group): void {
    this.feed.remove(group);
    group.close();
    this.store.writer.flush();
  }

  private tick(): void {
    const now = performance.now();
    for (const group of this.groups.values()) group.tick(now);
  }

  private load(): void {
    this.unusable = [];
    for (const config of this.stored()) {
      try {
        this.open(config);
      } catch (error) {
        this.unusable.push(config);
        const name = `${config.group} of ${config.stream}`;
        process.emitWarning(
          `Persistent subscription ${name} is not served until it is created again: ${messageOf(error)}`,
        );
      }
    }
  }

  /** The stored groups; none when they cannot be read. */
  private stored(): readonly GroupConfig[] {
    this.isUnread = true;
    try {
      const page = this.store.reads.stream(CONFIG_STREAM, Number.MAX_SAFE_INTEGER, 1, true);
      this.isUnread = false;
      const data = page.kind === 'page' ? page.events[0]?.data : undefined;
      if (!data) return [];
      const { entries } = JSON.parse(data.toString('utf8')) as { entries?: GroupConfig[] };
      if (!Array.isArray(entries)) throw new TypeError(`${CONFIG_STREAM} has no entries`);
      return entries;
    } catch (error) {
      process.emitWarning(
        `No persistent subscription is served, as their configuration cannot be read: ${messageOf(error)}`,
      );
      return [];
    }
  }

  private save(updatedBy: string): Promise<unknown> {
    const unusable = this.unusable.filter(({ stream, group }) => !this.find(stream, group));
    const entries = [...this.list().map(({ config }) => config), ...unusable];
    const config = { version: '2', updated: new Date().toISOString(), updatedBy, entries };
    const event = {
      id: newId(),
      type: '$PersistentConfig',
      isJson: true,
      data: Buffer.from(JSON.stringify(config)),
      meta: Buffer.alloc(0),
    };
    return this.store.writer.write((tx) => append(tx, CONFIG_STREAM, 'any', [event]));
  }
}
