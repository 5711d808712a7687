import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { ValidationArguments } from 'class-validator';
import { IsIn, IsOptional, IsString, Length, ValidateBy } from 'class-validator';
import type { Sender } from '#domain';
import { senders } from '#domain';
import type {
  ExportFilter,
  ExportForm,
  ExportFormat,
  ExportManifest,
  ExportStatus,
  ExportSummary,
} from '#read-models';
import { exportFormats, exportForms } from '#read-models';
import { channels } from '../common/declared.ts';
import { PageCursor, PageSize } from '../common/page.dto.ts';
import { IsTime } from '../common/query-values.ts';
import { IsId, OnlyWhen } from '../common/validators.ts';

const statuses = ['waiting', 'running', 'done', 'failed', 'withdrawn', 'deleted', 'expired'] as const;
const ofTurns = 'Of turns only.';
const time = { type: String, format: 'date-time' } as const;
const nullableTime = { ...time, nullable: true } as const;
const place = {
  type: [String] as [StringConstructor],
  nullable: true,
  example: ['2026-03-01T09:00:00.000000Z', '0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10', '4'],
};

function isParquet(args?: ValidationArguments): boolean {
  return (args?.object as Record<string, unknown> | undefined)?.['format'] === 'parquet';
}

/** True or false; Parquet has its own compression. */
function IsGzip(): PropertyDecorator {
  return ValidateBy({
    name: 'isGzip',
    validator: {
      validate: (value, args) => typeof value === 'boolean' && !(value && isParquet(args)),
      defaultMessage: () => '$property must be true or false, and true only for ndjson and csv',
    },
  });
}

class FilterDto implements Omit<ExportFilter, 'from'> {
  @ApiPropertyOptional({
    ...time,
    description:
      'Before this time; by default up to the time until which the tables are known to be complete.',
  })
  @IsOptional()
  @IsTime()
  to?: string;

  @ApiPropertyOptional({ type: String, example: 'P7689' })
  @IsOptional()
  @IsString()
  @Length(1, 64)
  partner_id?: string;

  @ApiPropertyOptional({ enum: channels, description: 'For turns: the channel when the turn was recorded.' })
  @IsOptional()
  @IsIn(channels)
  channel?: string;

  @ApiPropertyOptional({ type: String, format: 'uuid', description: ofTurns })
  @IsOptional()
  @OnlyWhen('form', 'turns')
  @IsId()
  session_id?: string;

  @ApiPropertyOptional({ type: String, example: 'ask_payment_status', description: ofTurns })
  @IsOptional()
  @OnlyWhen('form', 'turns')
  @IsString()
  @Length(1, 64)
  parsed_intent?: string;

  @ApiPropertyOptional({ enum: senders, description: ofTurns })
  @IsOptional()
  @OnlyWhen('form', 'turns')
  @IsIn(senders)
  sender?: Sender;
}

export class ExportRequestDto extends FilterDto {
  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: 'An id of yours (UUID v4): repeating the request returns the same export.',
  })
  @IsOptional()
  @IsId('4')
  export_id?: string;

  @ApiProperty({
    enum: exportForms,
    description: 'What a row is: a turn, a session, an event, or a conversation for training.',
  })
  @IsIn(exportForms)
  form: ExportForm;

  @ApiProperty({ enum: exportFormats })
  @IsIn(exportFormats)
  format: ExportFormat;

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description: 'For NDJSON and CSV: compress the files.',
  })
  @IsOptional()
  @IsGzip()
  gzip = false;

  @ApiProperty({
    ...time,
    description:
      'Turns at or after this time; sessions, their events and conversations that began at or after it.',
  })
  @IsTime()
  from: string;
}

class ShownFilterDto implements ExportFilter {
  @ApiProperty(time) from: string;
  @ApiPropertyOptional(time) to?: string;
  @ApiPropertyOptional({ type: String, example: 'P7689' }) partner_id?: string;
  @ApiPropertyOptional({ type: String, example: 'whatsapp' }) channel?: string;
  @ApiPropertyOptional({ type: String, format: 'uuid' }) session_id?: string;
  @ApiPropertyOptional({ type: String, example: 'ask_payment_status' }) parsed_intent?: string;
  @ApiPropertyOptional({ enum: senders }) sender?: Sender;
}

class ExportFileDto {
  @ApiProperty({ example: 'turns-00001-1.ndjson.gz' }) name: string;
  @ApiProperty({ type: 'integer', example: 50_000 }) rows: number;
  @ApiProperty({ type: 'integer', example: 9_301_044 }) bytes: number;
  @ApiProperty({
    example: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    description: 'SHA-256 of the file as downloaded.',
  })
  sha256: string;
  @ApiProperty(place) first: readonly string[] | null;
  @ApiProperty(place) last: readonly string[] | null;
}

class RequesterDto {
  @ApiProperty({ example: 'analyst' }) role: string;
  @ApiProperty({ example: 'meera' }) subject: string;
}

/** An export without its files. */
export class ListedExportDto implements ExportSummary {
  @ApiProperty({ type: String, format: 'uuid' }) export_id: string;
  @ApiProperty({
    enum: statuses,
    description:
      '`withdrawn`: a partner whose data it held was erased; `expired`: its files are no longer kept. Files are available ' +
      'while it is `running`, once they are complete, and when it is `done`.',
  })
  status: ExportStatus;
  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: '`gave_up`: repeated attempts completed no further file.',
  })
  failure: string | null;
  @ApiProperty({ enum: exportForms }) form: ExportForm;
  @ApiProperty({ enum: exportFormats }) format: ExportFormat;
  @ApiProperty() gzip: boolean;
  @ApiProperty({ type: ShownFilterDto }) filter: ShownFilterDto;
  @ApiProperty({ description: 'Whether personal values are `[masked]`.' }) masked: boolean;
  @ApiProperty({ type: String, nullable: true, example: 'research:12' }) purpose: string | null;
  @ApiProperty({ type: RequesterDto }) requested_by: RequesterDto;
  @ApiProperty(time) requested_at: string;
  @ApiProperty(nullableTime) finished_at: string | null;
  @ApiProperty({ ...time, description: 'It covers what happened before this time, which never changes.' })
  until: string;
  @ApiProperty({
    ...nullableTime,
    description:
      'The time until which the tables were known to be complete at the request; null: unknown, and rows may be missing.',
  })
  projected_until: string | null;
  @ApiProperty({ type: 'integer', example: 1_000_000 }) rows: number;
  @ApiProperty({ type: 'integer', example: 186_020_880 }) bytes: number;
  @ApiProperty({ type: [String], example: ['ordered_at', 'session_id', 'revision'] })
  ordered_by: readonly string[];
}

export class ExportDto extends ListedExportDto implements ExportManifest {
  @ApiProperty({ ...place, description: 'The position of the first row, by `ordered_by`.' })
  first: readonly string[] | null;
  @ApiProperty({ ...place, description: 'The position of the last row, by `ordered_by`.' })
  last: readonly string[] | null;
  @ApiProperty({
    example: '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae',
    description: 'SHA-256 of the digests of the files in order, as text.',
  })
  sha256: string;
  @ApiProperty({ type: [ExportFileDto] }) files: readonly ExportFileDto[];
}

export class ExportsQuery {
  @PageSize(100)
  limit = 50;

  @PageCursor()
  after?: string;
}

export class ExportsPageDto {
  @ApiProperty({ type: [ListedExportDto] }) items: ListedExportDto[];
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Send as `after` for the next page; null at the end.',
  })
  next: string | null;
}

/** The path of an export. */
export class ExportParams {
  @ApiProperty({ type: String, format: 'uuid' })
  @IsId()
  export_id: string;
}

/** The path of a file of an export. */
export class ExportFileParams extends ExportParams {
  @ApiProperty({ type: String, example: 'manifest.json' })
  @IsString()
  @Length(1, 100)
  name: string;
}
