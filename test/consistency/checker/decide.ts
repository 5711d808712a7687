import type { Command, Item, StoredEvent } from '../common/history.ts';
import type { Goal, State } from './fold.ts';

/** The labels of the events of a command in a state, or the reason of its refusal. */
export type Outcome = { readonly events: readonly string[] } | { readonly refused: string };

/** The compared members of an event's data. */
const compared: Readonly<Record<string, readonly string[]>> = {
  SessionStarted: ['partner_id', 'channel'],
  SessionEnded: ['reason'],
  TurnRecorded: ['sender', 'message_text'],
  ExternalUpdateRecorded: ['source_event_id'],
  ChannelSwitched: ['channel'],
  FlagRaised: ['flag', 'value'],
  FlagCleared: ['flag'],
  PreferenceChanged: ['name', 'value'],
  GoalSet: ['goal', 'step'],
  GoalAdvanced: ['goal', 'step'],
  GoalSuspended: ['goal'],
  GoalResumed: ['goal'],
  GoalCompleted: ['goal'],
  GoalAbandoned: ['goal'],
  InquiryOpened: ['kind', 'subject'],
};

/** Events that depend on open inquiries, and so on clocks. */
const consequences = new Set(['InquiryClosed', 'HandoffRequested']);

/** The type and compared data of an event, as a text. */
function labelOf({ type, data }: Pick<StoredEvent, 'type' | 'data'>): string {
  const said = (compared[type] ?? []).map((name) => JSON.stringify(data[name] ?? null));
  return `${type}(${said.join()})`;
}

/** The labels of a command's events, except those of inquiries that it closes. */
export function labelsOf(events: readonly StoredEvent[]): string[] {
  return events.filter(({ type }) => !consequences.has(type)).map(labelOf);
}

/** The result that a command must have in a state: a second implementation of the documented rules. */
export function decide(state: State, { items, epoch }: Pick<Command, 'items' | 'epoch'>): Outcome {
  const { owner, status } = state;
  if (epoch !== null && status !== 'none' && (owner.instance === null || owner.epoch !== epoch))
    return { refused: 'agent_replaced' };
  const draft = new Draft(state);
  for (const item of items) {
    const refused = draft.refusal(item);
    if (refused !== undefined) return { refused };
    draft.add(item);
  }
  return { events: draft.events };
}

/** The state while the items of one command are decided in sequence. */
class Draft {
  readonly events: string[] = [];
  private readonly partner_id: string | null;
  private status: State['status'];
  private channel: string;
  private language: string;
  private current: Goal | null;
  private suspended: Goal[];
  private readonly flags: Record<string, unknown>;
  private readonly preferences: Record<string, unknown>;

  constructor(state: State) {
    this.partner_id = state.partner_id;
    this.status = state.status;
    this.channel = state.channel;
    this.language = state.language;
    this.current = state.current;
    this.suspended = [...state.suspended];
    this.flags = { ...state.flags };
    this.preferences = { ...state.preferences };
  }

  refusal(item: Item): string | undefined {
    if (item.type === 'StartSession') return this.status === 'none' ? undefined : 'session_exists';
    if (this.status === 'none') return 'session_not_found';
    if (this.status !== 'active') return 'session_over';
    if (item.type === 'RecordExternalUpdate') return this.foreign(item.references?.['partner']);
    if (item.type !== 'UpdateGoal' || this.current?.goal === item.goal) return undefined;
    if (!this.isSuspended(item.goal)) return 'goal_not_set';
    return item.status === undefined ? 'goal_suspended' : undefined;
  }

  private foreign(partner: string | undefined): string | undefined {
    return partner === undefined || partner === this.partner_id ? undefined : 'foreign_partner';
  }

  add(item: Item): void {
    switch (item.type) {
      case 'StartSession':
        this.happens('SessionStarted', { ...item });
        return;
      case 'EndSession':
        this.status = 'ended';
        this.happens('SessionEnded', { ...item });
        return;
      case 'RecordTurn':
        this.happens('TurnRecorded', { ...item });
        if (item.response_text !== undefined)
          this.happens('TurnRecorded', { sender: 'bot', message_text: item.response_text });
        return;
      case 'OpenInquiry':
        this.happens('InquiryOpened', { ...item });
        return;
      case 'RecordExternalUpdate':
        this.happens('ExternalUpdateRecorded', { ...item });
        return;
      case 'SwitchChannel':
        if (item.channel !== this.channel) this.happens('ChannelSwitched', { ...item });
        this.channel = item.channel;
        return;
      case 'RaiseFlag':
        if (this.flags[item.flag] !== item.value) this.happens('FlagRaised', { ...item });
        this.flags[item.flag] = item.value;
        return;
      case 'ClearFlag':
        if (item.flag in this.flags) this.happens('FlagCleared', { ...item });
        delete this.flags[item.flag];
        return;
      case 'ChangePreferences':
        for (const [name, value] of Object.entries(item.preferences)) this.prefer(name, value);
        return;
      case 'SetGoal':
        this.setGoal(item.goal, item.step ?? null);
        return;
      case 'UpdateGoal':
        this.updateGoal(item.goal, item.step ?? null, item.status);
    }
  }

  private happens(type: string, data: object): void {
    this.events.push(labelOf({ type, data: data as StoredEvent['data'] }));
  }

  private prefer(name: string, value: string | null): void {
    const before = name === 'language' ? this.language : (this.preferences[name] ?? null);
    if (before === value) return;
    this.happens('PreferenceChanged', { name, value });
    if (name === 'language') this.language = value ?? this.language;
    else if (value === null) delete this.preferences[name];
    else this.preferences[name] = value;
  }

  private setGoal(goal: string, step: string | null): void {
    if (this.current?.goal === goal) {
      if (step !== this.current.step) this.advance(step);
      return;
    }
    if (this.isSuspended(goal)) {
      this.resume(goal);
      this.advance(step);
      return;
    }
    this.suspend();
    this.current = { goal, step };
    this.happens('GoalSet', { goal, step });
  }

  private updateGoal(goal: string, step: string | null, status: string | undefined): void {
    const isCurrent = this.current?.goal === goal;
    if (status === 'completed' || status === 'abandoned') {
      if (isCurrent) this.advance(step);
      this.happens(status === 'completed' ? 'GoalCompleted' : 'GoalAbandoned', { goal });
      if (!isCurrent) this.suspended = this.suspended.filter((one) => one.goal !== goal);
      else {
        this.current = null;
        const last = this.suspended.at(-1);
        if (last) this.resume(last.goal);
      }
    } else if (status === 'suspended') {
      if (!isCurrent) return;
      this.advance(step);
      this.suspend();
    } else if (isCurrent) {
      if (step !== this.current?.step) this.advance(step);
    } else {
      this.resume(goal);
      this.advance(step);
    }
  }

  private isSuspended(goal: string): boolean {
    return this.suspended.some((one) => one.goal === goal);
  }

  private advance(step: string | null): void {
    if (step === null || this.current === null) return;
    this.current = { ...this.current, step };
    this.happens('GoalAdvanced', this.current);
  }

  private suspend(): void {
    if (this.current === null) return;
    this.suspended.push(this.current);
    this.happens('GoalSuspended', this.current);
    this.current = null;
  }

  private resume(goal: string): void {
    this.suspend();
    this.current = this.suspended.find((one) => one.goal === goal) ?? null;
    this.suspended = this.suspended.filter((one) => one.goal !== goal);
    this.happens('GoalResumed', { goal });
  }
}
