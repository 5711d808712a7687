import type { DeclaredTopic, DeclaredType, Mapping } from './declarations.ts';
import { compileSchema } from './event-schema.ts';
import type { TopicInFile, TypeInFile } from './file.ts';
import { mappingFault, pointersOf } from './pointers.ts';
import type { Fault, Path } from './source.ts';

type Topics = { readonly [topic: string]: TopicInFile };
type Report = (path: Path, message: string) => void;

/** The roots of the pointers of an event type. */
const roots = ['id', 'type', 'time', 'subject', 'key', 'data'];
/** Topics that Turnstream writes, or reads in its own way. */
const own = /^(conversation\.events|inquiry\.replies|inquiry\.requests\..*|.*\.dlq)$/;
/** The consumer group of a topic ends with its name; these endings belong to other groups of the bridge. */
const groupsTaken = new Set(['events', 'replies']);

/** Compiles the schemas of the topics, and reports faults that the format of the file cannot express. */
export function checkTopics(topics: Topics): {
  readonly topics: { readonly [topic: string]: DeclaredTopic };
  readonly faults: readonly Fault[];
} {
  const faults: Fault[] = [];
  const report: Report = (path, message) => faults.push({ path: ['topics', ...path], message });
  reportNames(Object.keys(topics), report);
  reportRepeatedTypes(topics, report);
  const checked = Object.entries(topics).map(([name, topic]): [string, DeclaredTopic] => {
    if (topic.format === 'json' && topic.type === undefined && Object.keys(topic.types).length > 1)
      report([name, 'types'], 'are several, so say where a message names its type: type: { pointer: … }');
    const types = Object.entries(topic.types).map(([type, declared]): [string, DeclaredType] => [
      type,
      checkType([name, 'types', type], declared, report),
    ]);
    return [name, { ...topic, types: Object.fromEntries(types) }];
  });
  return { topics: Object.fromEntries(checked), faults };
}

/** Kafka does not allow two names that differ only in . and _. */
function reportNames(names: readonly string[], report: Report): void {
  const known = new Map<string, string>();
  for (const name of names) {
    if (own.test(name)) report([name], 'is a topic of Turnstream itself: choose another name');
    if (groupsTaken.has(name))
      report([name], 'would share the consumer group of other topics: choose another name');
    const alike = known.get(name.replaceAll('.', '_'));
    if (alike !== undefined) report([name], `differs from ${alike} in . and _ only, which Kafka refuses`);
    known.set(name.replaceAll('.', '_'), name);
  }
}

function reportRepeatedTypes(topics: Topics, report: Report): void {
  const known = new Map<string, string>();
  for (const [name, { system, types }] of Object.entries(topics)) {
    for (const type of Object.keys(types)) {
      const other = known.get(`${system} ${type}`);
      if (other !== undefined) report([name, 'types', type], `is declared for ${system} on ${other} already`);
      known.set(`${system} ${type}`, name);
    }
  }
}

function checkType(path: Path, type: TypeInFile, report: Report): DeclaredType {
  for (const [kind, pointers] of Object.entries(type.references))
    for (const [index, pointer] of pointers.entries())
      reportMapping([...path, 'references', kind, index], pointer, report);
  for (const field of ['status', 'time', 'public_text'] as const) {
    const mapping = type[field];
    if (mapping !== undefined) reportMapping([...path, field], mapping, report);
  }
  const compiled = compileSchema(type.schema);
  if ('faultOf' in compiled) return { ...type, ...compiled };
  for (const fault of compiled.faults) report([...path, 'schema', ...fault.path], fault.message);
  return { ...type, faultOf: () => undefined };
}

function reportMapping(path: Path, mapping: Mapping, report: Report): void {
  const fault = mappingFault(mapping);
  if (fault !== undefined) report(path, fault);
  const isUnknown = (pointer: string): boolean => !roots.includes(pointer.split('/')[1] ?? '');
  if (pointersOf(mapping).some(isUnknown)) report(path, `must begin with one of /${roots.join(', /')}`);
}
