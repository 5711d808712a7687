import type { Command, Item } from '../common/history.ts';

/** The HTTP request of a command. */
export interface Request {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: object;
}

/** One item is sent to its own route, several to `…/commands`. */
export function requestOf({ session_id, items }: Command): Request {
  const base = `/v1/sessions/${session_id}`;
  const [item] = items;
  if (item === undefined || items.length > 1)
    return { method: 'POST', path: `${base}/commands`, body: { commands: items } };
  const { type, ...body } = item;
  return { method: 'POST', path: `${base}/${routes[type]}`, body, ...exceptions(item, base, session_id) };
}

const routes: Readonly<Record<Item['type'], string>> = {
  StartSession: '',
  RecordTurn: 'turns',
  SetGoal: 'goals',
  UpdateGoal: 'goals',
  RaiseFlag: 'flags',
  ClearFlag: 'flags',
  SwitchChannel: 'channel',
  ChangePreferences: 'preferences',
  RecordExternalUpdate: 'external-updates',
  OpenInquiry: 'inquiries',
  EndSession: 'end',
};

/** The requests that are not a POST of the item, or have members in their path. */
function exceptions(item: Item, base: string, session_id: string): Partial<Request> {
  if (item.type === 'StartSession') {
    const { type: _type, ...body } = item;
    return { path: '/v1/sessions', body: { ...body, session_id } };
  }
  if (item.type === 'UpdateGoal') {
    const { type: _type, goal, ...body } = item;
    return { method: 'PATCH', path: `${base}/goals/${goal}`, body };
  }
  if (item.type === 'RaiseFlag')
    return { method: 'PUT', path: `${base}/flags/${item.flag}`, body: { value: item.value } };
  if (item.type === 'ClearFlag')
    return { method: 'DELETE', path: `${base}/flags/${item.flag}`, body: undefined };
  return {};
}
