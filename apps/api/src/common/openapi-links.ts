import type { OpenAPIObject } from '@nestjs/swagger';

interface Operation {
  readonly operationId?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  responses: Record<string, { links?: Record<string, object>; $ref?: string }>;
}

type Parameters = Readonly<Record<string, string>>;

const fromAnswer = { session_id: '$response.body#/session_id' } as const;
const fromPath = { session_id: '$request.path.session_id' } as const;

/** The operations that answer with a session, which is a parameter of every operation on a session. */
const startsSession: ReadonlySet<string> = new Set(['start', 'resumeOrStart']);

/** Other values of an answer or its request that following operations take. */
const links: Readonly<Record<string, Readonly<Record<string, Parameters>>>> = {
  openInquiry: {
    getInquiry: { ...fromAnswer, inquiry_id: '$response.body#/inquiry_id' },
    getInquiryTimeline: { ...fromAnswer, inquiry_id: '$response.body#/inquiry_id' },
    cancelInquiry: { ...fromAnswer, inquiry_id: '$response.body#/inquiry_id' },
  },
  setGoal: { updateGoal: { ...fromAnswer, goal: '$request.body#/goal' } },
  raiseFlag: { clearFlag: { ...fromPath, flag: '$request.path.flag' } },
};

/**
 * Adds OpenAPI links, which say which operations can follow another one, so that a fuzzer can build chains of calls.
 */
export function addLinks(document: OpenAPIObject): void {
  const operations = operationsOf(document);
  const onSession = operations.filter(({ parameters = [] }) => needsSessionAlone(parameters));
  const shared = Object.fromEntries(
    onSession.map(({ operationId = '' }) => [operationId, { operationId, parameters: fromAnswer }]),
  );
  document.components = { ...document.components, links: shared };
  const references = Object.fromEntries(
    Object.keys(shared).map((name) => [name, { $ref: `#/components/links/${name}` }]),
  );
  for (const { operationId = '', responses } of operations) {
    const own = Object.entries(links[operationId] ?? {}).map(([next, parameters]) => [
      next,
      { operationId: next, parameters },
    ]);
    const all = { ...(startsSession.has(operationId) && references), ...Object.fromEntries(own) };
    if (Object.keys(all).length === 0) continue;
    for (const [status, response] of Object.entries(responses))
      if (status.startsWith('2')) response.links = all;
  }
}

/** Every operation of the document. */
export function operationsOf({ paths }: OpenAPIObject): Operation[] {
  return Object.values(paths)
    .flatMap((path) => Object.values(path as object))
    .filter((item): item is Operation => typeof item === 'object' && item !== null && 'responses' in item);
}

function needsSessionAlone(parameters: NonNullable<Operation['parameters']>): boolean {
  const inPath = new Set(parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name));
  return inPath.has('session_id') && !inPath.has('inquiry_id') && !inPath.has('goal');
}
