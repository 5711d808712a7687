/**
 * `npm test`: formatter, linter, types, dependency rules and every spec, on private backing services with fresh data.
 * `npm test -- <jest arguments>`: only those specs. The last line is `N passed, N failed`.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { execa } from 'execa';
import { runProgram } from '../shared/failure.ts';
import { build, withBackingServices } from '../launcher/index.ts';
import { root } from '../shared/paths.ts';
import { dyingWithParent, run, say, step } from '../shared/run.ts';

// The linter reads every type anyway, so it checks them, too; `npm run types` only checks them.
const CHECKS = ['format:check', 'lint', 'deps', 'compatibility'];
const FLAGS = ['--conditions=source', '--experimental-vm-modules', '--no-warnings'];
const JEST = [...FLAGS, join(root, 'node_modules/jest/bin/jest.js')];
/** How long jest may take to exit after its report, and in total. */
const EXIT_MS = Number(process.env['TURNSTREAM_TEST_EXIT_MS'] ?? 10_000);
const LIMIT_MIN = Number(process.env['TURNSTREAM_TEST_LIMIT_MIN'] ?? 80);
/** At most this many failed spec files are run again alone: the machine may have been too busy. */
const MOST_AGAIN = 3;

// Turnstream and its specs have to tolerate the timing of a real server.
process.env['TURNSTREAM_EVENT_STORE'] ??= 'like-a-server';
// Specs kill processes, not the machine.
process.env['TURNSTREAM_POSTGRES'] ??= 'unsynced';
// Specs start the same programs repeatedly.
process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'node-compile-cache');

await runProgram(async () => {
  const args = process.argv.slice(2);
  const isWhole = args.length === 0;
  const mayRunAgain = isWhole || process.env['TURNSTREAM_TEST_AGAIN'] === 'true';
  const runJest = async (env: Readonly<Record<string, string>>) => {
    const result = await jest(args, env);
    return mayRunAgain ? alone(result, args, env) : result;
  };
  const testWithServices = async () => {
    await build();
    const templates = mkdtempSync(join(tmpdir(), 'turnstream-templates-'));
    process.env['TURNSTREAM_POSTGRES_TEMPLATE'] = join(templates, 'postgres');
    const env = { TURNSTREAM_BUILT: '1' };
    const [failed, result] = await Promise.all([
      isWhole ? failedChecks() : [],
      withBackingServices((services) => runJest({ ...services.env, ...env })),
    ]).finally(() => rmSync(templates, { recursive: true, force: true }));
    return { failed, ...result };
  };
  const needsMore = isWhole || (await needsServices(args));
  const result = needsMore ? await testWithServices() : { failed: [], ...(await runJest({})) };
  for (const name of result.failed) console.log(`✖ npm run ${name} failed: see its messages above.`);
  const failures = result.failures + result.failed.length;
  if (failures === 0 && result.code !== 0)
    console.log(`✖ jest ended with ${result.code}: see its messages above.`);
  console.log(`${result.passed} passed, ${failures} failed`);
  process.exitCode = failures > 0 || result.code !== 0 ? 1 : 0;
}, 'usage: npm run test -- [arguments of jest]');

/** Runs the checks concurrently, in parallel to the specs; returns the names of the failed ones. */
async function failedChecks(): Promise<string[]> {
  const results = await Promise.all(
    CHECKS.map(async (name) => {
      const work = () => run(['npm', 'run', '--silent', name], { cwd: root });
      return { name, ...(await step(name, 'checking', work, 'checked')) };
    }),
  );
  const failed = results.filter(({ code }) => code !== 0);
  for (const { output } of failed) console.log(output);
  return failed.map(({ name }) => name);
}

/** Specs of pure code need neither the apps nor backing services. */
async function needsServices(args: readonly string[]): Promise<boolean> {
  const { output } = await run([process.execPath, ...JEST, '--listTests', ...args], { cwd: root });
  return /\.(int|e2e)-spec\.ts/.test(output);
}

interface Result {
  readonly code: number;
  readonly passed: number;
  readonly failures: number;
  /** The failed spec files, and how many tests passed in them. */
  readonly failedFiles: readonly string[];
  readonly passedInFailedFiles: number;
}

/** Runs the failed spec files again, one after the other. Those that pass now are named. */
async function alone(result: Result, args: readonly string[], env: Readonly<Record<string, string>>) {
  const { failedFiles } = result;
  if (failedFiles.length === 0 || failedFiles.length > MOST_AGAIN) return result;
  say('jest', `running the failed specs again, alone: ${failedFiles.join(', ')}`);
  const again = await jest([...args, '--runInBand', '--runTestsByPath', ...failedFiles], env);
  const passed = failedFiles.filter((file) => !again.failedFiles.includes(file));
  if (passed.length > 0) console.log(`⚠ failed beside other specs, passed alone: ${passed.join(', ')}`);
  return { ...again, passed: result.passed - result.passedInFailedFiles + again.passed };
}

/**
 * Runs jest and reads the counts from its report. When open handles keep jest from exiting after its report it is
 * killed, which is not a failure: the tests already have their results. At the limit for the whole run it is killed
 * and has failed.
 */
async function jest(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Result> {
  say('jest', 'running the specs');
  const folder = mkdtempSync(join(tmpdir(), 'turnstream-report-'));
  try {
    return await jestIn(folder, args, env);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function jestIn(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Result> {
  const report = join(folder, 'jest.json');
  const [file = '', ...words] = [...dyingWithParent('SIGKILL'), process.execPath, ...JEST];
  const child = execa(file, [...words, '--json', `--outputFile=${report}`, ...args], {
    cwd: root,
    env: { ...env, NODE_ENV: 'test', NODE_DISABLE_COMPILE_CACHE: '1' },
    stdio: ['ignore', args.includes('--coverage') ? 'inherit' : 'ignore', 'inherit'],
    reject: false,
    timeout: LIMIT_MIN * 60_000,
    killSignal: 'SIGKILL',
  });
  const watch = setInterval(() => {
    if (!existsSync(report) || Date.now() - statSync(report).mtimeMs < EXIT_MS) return;
    clearInterval(watch);
    console.log(
      '\n✖ jest did not exit after its last test and is killed: find open handles with --detectOpenHandles.',
    );
    child.kill('SIGKILL');
  }, 500);
  const { exitCode, timedOut } = await child.finally(() => clearInterval(watch));
  if (timedOut) console.log(`\n✖ jest did not end within ${LIMIT_MIN} min and was killed: a spec hangs.`);
  if (!existsSync(report))
    return { code: 1, passed: 0, failures: 1, failedFiles: [], passedInFailedFiles: 0 };
  const { success, numPassedTests, numFailedTests, numRuntimeErrorTestSuites, testResults } = JSON.parse(
    readFileSync(report, 'utf8'),
  ) as Report;
  const failures = numFailedTests + numRuntimeErrorTestSuites;
  const failed = testResults.filter(({ status }) => status === 'failed');
  return {
    code: exitCode ?? (success ? 0 : 1),
    passed: numPassedTests,
    failures,
    failedFiles: failed.map(({ name }) => relative(root, name)),
    passedInFailedFiles: failed
      .flatMap(({ assertionResults }) => assertionResults)
      .filter(({ status }) => status === 'passed').length,
  };
}

interface Report {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}
