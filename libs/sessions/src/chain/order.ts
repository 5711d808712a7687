import type { CheckedEvent } from './checked-events.ts';
import { chainIn, expectedChain } from './link.ts';

/** Events of a window in the order in which they were appended, as far as their hashes say. */
export function appendedOrder(links: readonly string[], window: readonly CheckedEvent[]): CheckedEvent[] {
  const rest = [...window];
  const order: CheckedEvent[] = [];
  let known = links;
  for (;;) {
    const index = rest.findIndex((event) => follows(known, event));
    const [event] = index < 0 ? [] : rest.splice(index, 1);
    if (event === undefined) return order;
    order.push(event);
    known = [chainIn(event.metadata) ?? ''];
  }
}

/** Whether an event's hash says that it was appended behind one with one of these hashes. */
export function follows(links: readonly string[], event: CheckedEvent): boolean {
  const chain = chainIn(event.metadata);
  return chain !== undefined && links.some((link) => expectedChain(link, event) === chain);
}
