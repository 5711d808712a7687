import type { Command } from 'commander';
import { calls } from '../api/call.ts';
import { download } from '../api/download.ts';
import type { CommonOptions } from '../api/settings.ts';
import type { Terminal } from '../terminal.ts';
import { apiCommand } from './define.ts';

interface ArchiveOptions extends CommonOptions {
  readonly output?: string;
}

/** `turnstream archive PARTNER` */
export function archiveCommand(terminal: Terminal): Command {
  return apiCommand('archive <partner>', 'Download all data of a partner as a zip; needs a purpose')
    .option('-o, --output <file>', 'where to write it; default partner.zip')
    .action(
      calls<ArchiveOptions>(terminal, async ({ api, out }, { output = 'partner.zip' }, partner) => {
        const path = `/v1/partners/${encodeURIComponent(partner)}/archive`;
        const { body } = await api.stream(path, { signal: terminal.signal });
        const { bytes, sha256 } = await download(body, output);
        await out.document({ file: output, bytes, sha256 });
      }),
    );
}
