import { maskedValue } from '../privacy/mask.ts';
import type { Answer } from '../privacy/shows.ts';
import type { Trace } from './trace.ts';
import type { TraceNode } from './tree.ts';

/** Causation ids are those of messages of other systems, which may contain personal data. */
export const shownTrace: Answer<Trace> = {
  action: 'read_trace',
  mask: (trace) => ({ ...trace, children: trace.children.map(maskNode) }),
  shown: ({ session_ids }) => session_ids.map((session_id) => ({ session_id })),
};

function maskNode(node: TraceNode): TraceNode {
  const causation_id = node.causation_id === null ? null : maskedValue;
  return { ...node, causation_id, children: node.children.map(maskNode) };
}
