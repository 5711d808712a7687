/**
 * `npm run compatibility`: compares OpenAPI, AsyncAPI, stored events and migrations with the last tag, and fails on
 * changes that break a client, a service or an older release that runs beside this one.
 */
import { Failure, parseOptions, runProgram } from '../shared/failure.ts';
import { announcesBreak, breaks } from './compare.ts';
import { lastTag, presentRelease, taggedRelease } from './release.ts';

await runProgram(async () => {
  const { values } = parseOptions({ against: { type: 'string' } });
  const tag = values.against ?? (await lastTag());
  if (tag === undefined) return console.log('There is no tag v… to compare with: nothing is released yet.');
  const [before, after] = [await taggedRelease(tag), presentRelease()];
  const found = breaks(before, after);
  for (const text of found) console.log(`  ${text}`);
  if (found.length === 0) return console.log(`✔ nothing in ${tag} is broken`);
  if (!announcesBreak(before.version, after.version))
    throw new Failure(
      `${found.length} changes break ${tag}: expand first and contract a release later ` +
        `(docs/operations.md), or announce it with a new major version.`,
    );
  return console.log(`${found.length} changes break ${tag}, as version ${after.version} announces.`);
}, 'usage: npm run compatibility -- [--against TAG]');
