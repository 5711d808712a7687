import { sleep } from '#platform';
import type { Command, CommandEntry, Item } from '../common/history.ts';
import type { Random } from '../common/random.ts';
import type { Recorder } from '../common/recorder.ts';
import type { ApiNode } from '../system/cluster.ts';
import type { Escrow } from '../system/escrow.ts';
import { channels, drawInquiry, drawItems, languages } from './draw.ts';
import { Eraser } from './eraser.ts';
import { isUnknown, Sender } from './sender.ts';
import type { Slot } from './slot.ts';

interface ClientOptions {
  readonly name: string;
  readonly random: Random;
  readonly nodes: () => readonly ApiNode[];
  readonly slots: readonly Slot[];
  readonly recorder: Recorder;
  /** Minimum and maximum number of commands of a session. */
  readonly sessionLength: readonly [number, number];
  readonly escrow: Escrow;
  /** The pause between two requests, on average. */
  readonly pauseMs: number;
  /** Called with each new session. */
  readonly onSession: (session_id: string) => void;
}

/** The partner that replaces an erased one, and when. */
interface AtWork {
  readonly next: string;
  readonly forMs: number;
}

const retries = 4;
const rememberedCommands = 50;

/** Sends random commands and reads, one after the other, each to one of the api nodes. */
export class Client {
  /** Commands with an unknown outcome. */
  readonly unknown: Command[] = [];
  commands = 0;
  private readonly sender: Sender;
  private readonly eraser: Eraser;
  /** Commands in their streams, for repetitions. */
  private readonly done: Command[] = [];
  private count = 0;

  constructor(private readonly options: ClientOptions) {
    this.sender = new Sender(options.name, options.recorder);
    this.eraser = new Eraser({ ...options, sender: this.sender });
  }

  async run(signal: AbortSignal): Promise<void> {
    const { random, slots, pauseMs } = this.options;
    while (!signal.aborted) {
      const slot = random.pick(slots);
      if (slot.commandsLeft <= 0 && !slot.isChanging) await this.change(slot, signal);
      else if (slot.session_id === '') await sleep(5, signal);
      else await this.act(slot, signal);
      await sleep(2 * pauseMs * random.next(), signal);
    }
  }

  /** Ends a session; repeats the request until its outcome is known. */
  async end(session_id: string, signal: AbortSignal): Promise<void> {
    const op = this.nextOp();
    await this.insist(
      this.commandOf(session_id, [{ type: 'EndSession', reason: op }], { op, key: op }),
      signal,
    );
  }

  /** Erases the partner of a slot's sessions. */
  erase({ partner_id, session_id, earlier }: Slot): Promise<void> {
    return this.eraser.erase(partner_id, [...earlier, session_id]);
  }

  /** As `erase`, while commands to the session continue for some time; then the slot gets another partner. */
  async eraseAtWork(slot: Slot, { next, forMs }: AtWork, signal: AbortSignal): Promise<void> {
    while (slot.isChanging || slot.session_id === '') {
      if (signal.aborted) return;
      await sleep(20, signal);
    }
    // From here on no client starts the partner's next session.
    slot.isChanging = true;
    const erasing = this.erase(slot);
    await sleep(forMs);
    slot.leaveTo(next);
    slot.isChanging = false;
    await erasing;
  }

  /** Repeats a command with an unknown outcome for the last time. */
  resolve(command: Command): Promise<CommandEntry> {
    return this.sender.command(command, this.node(), true);
  }

  private act(slot: Slot, signal: AbortSignal): Promise<unknown> {
    const { random } = this.options;
    const what = random.weighted({ command: 66, read: 28, repeat: 4, reuse: 2 });
    const known = this.done.length > 0 ? random.pick(this.done) : undefined;
    if (what === 'read') return this.read(slot);
    if (what === 'repeat' && known) return this.sender.command(known, this.node());
    if (what === 'reuse' && known) return this.reuseKey(known);
    return this.send(slot, signal);
  }

  private async send(slot: Slot, signal: AbortSignal): Promise<void> {
    const { random } = this.options;
    const op = this.nextOp();
    // The first command of a session opens an inquiry, so that each run has inquiries.
    const items = slot.revision === 0 ? [drawInquiry(random, op)] : drawItems(random, op);
    const owner =
      random.chance(0.08) && slot.owners.length > 0 ? random.pick(slot.owners.slice(-2)) : undefined;
    const command = this.commandOf(slot.session_id, items, {
      op,
      key: random.chance(0.75) ? op : null,
      if_match: random.chance(0.3) ? Math.max(0, slot.revision - (random.chance(0.1) ? 1 : 0)) : null,
      epoch: owner?.epoch ?? null,
      agent_id: owner?.instance ?? this.options.name,
    });
    slot.commandsLeft -= 1;
    const entry = await this.attempt(command, slot, retries, signal);
    if (isUnknown(entry)) this.unknown.push(command);
    else if (entry.answer?.reason === 'session_over' && command.session_id === slot.session_id)
      slot.commandsLeft = 0;
  }

  private async read(slot: Slot): Promise<void> {
    const { random } = this.options;
    const isEarlier = random.chance(0.2) && slot.earlier.length > 0;
    const session_id = isEarlier ? random.pick(slot.earlier) : slot.session_id;
    const min = !isEarlier && random.chance(0.5) && slot.revision >= 0 ? slot.revision : null;
    const { status, context } = await this.sender.read(session_id, min, this.node());
    if (status === 200) slot.told(session_id, context?.revision);
  }

  /** Sends another body under a used key, which has to be refused. */
  private reuseKey(known: Command): Promise<CommandEntry> {
    const op = this.nextOp();
    const items: Item[] = [{ type: 'RaiseFlag', flag: 'reused', value: op }];
    return this.sender.command({ ...known, op, items, if_match: null, epoch: null }, this.node());
  }

  /** Ends the slot's session and starts its partner's next one. */
  private async change(slot: Slot, signal: AbortSignal): Promise<void> {
    const { random, sessionLength, onSession } = this.options;
    slot.isChanging = true;
    if (slot.session_id !== '') {
      await this.read(slot);
      await this.end(slot.session_id, signal);
    }
    const language = random.chance(0.3) ? { language: random.pick(languages) } : {};
    const start: Item = {
      type: 'StartSession',
      partner_id: slot.partner_id,
      channel: random.pick(channels),
      ...language,
    };
    const op = this.nextOp();
    const command = this.commandOf(random.uuid(), [start], { op, key: op });
    const entry = signal.aborted ? undefined : await this.insist(command, signal);
    if (entry?.status === 201) {
      slot.begin(command.session_id, random.int(...sessionLength), entry.answer?.revision ?? 0);
      onSession(command.session_id);
      await this.read(slot);
    }
    slot.isChanging = false;
  }

  /** Repeats a command until its outcome is known. */
  private async insist(command: Command, signal: AbortSignal): Promise<CommandEntry> {
    const entry = await this.attempt(command, undefined, Infinity, signal);
    if (isUnknown(entry)) this.unknown.push(command);
    return entry;
  }

  /** Sends a command, and repeats it while its outcome is unknown and a repetition would be recognised. */
  private async attempt(
    command: Command,
    slot: Slot | undefined,
    again: number,
    signal: AbortSignal,
  ): Promise<CommandEntry> {
    const { random } = this.options;
    for (let attempt = 0; ; attempt += 1) {
      const entry = await this.sender.command(command, this.node());
      this.commands += 1;
      const { answer } = entry;
      slot?.told(command.session_id, answer?.revision ?? answer?.current_revision);
      if (!isUnknown(entry)) {
        const isDone = (answer?.events?.length ?? 0) > 0 || answer?.inquiry_id !== undefined;
        if (command.key !== null && isDone) this.remember(command);
        return entry;
      }
      if (command.key === null || attempt >= again || signal.aborted) return entry;
      await sleep(random.int(50, 400), signal);
    }
  }

  private remember(command: Command): void {
    this.done.push(command);
    if (this.done.length > rememberedCommands) this.done.shift();
  }

  /** Mostly the client's own node, so that it is read often enough to notice when it goes back. */
  private node(): ApiNode {
    const { random, nodes, name } = this.options;
    const all = nodes();
    const own = all[Number(name.replace(/\D/g, '')) % all.length];
    return own !== undefined && random.chance(0.7) ? own : random.pick(all);
  }

  private commandOf(
    session_id: string,
    items: readonly Item[],
    more: Pick<Command, 'op'> & Partial<Command>,
  ): Command {
    return {
      session_id,
      items,
      key: null,
      if_match: null,
      epoch: null,
      agent_id: this.options.name,
      ...more,
    };
  }

  private nextOp(): string {
    this.count += 1;
    return `${this.options.name}-${this.count}`;
  }
}
