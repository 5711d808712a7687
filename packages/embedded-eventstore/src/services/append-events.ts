import type { ProposedEvent } from '../store/records.ts';
import { isInvalidStream, MAX_NAME } from '../store/stream-names.ts';
import type { ProposedMessage } from '../wire/append-messages.ts';
import { invalidArgument, requiredMetadataPropertyMissing } from '../rpc/errors.ts';

const JSON_CONTENT = 'application/json';

/** Checks a proposed message. Throws RpcError with INVALID_ARGUMENT. */
export const toProposedEvent = (message: ProposedMessage): ProposedEvent => {
  const { id, type, contentType, meta, data } = message;
  if (type === undefined) throw requiredMetadataPropertyMissing('type');
  if (contentType === undefined) throw requiredMetadataPropertyMissing('content-type');
  if (type === '') throw invalidArgument('An event type must not be empty');
  if (type.length > MAX_NAME)
    throw invalidArgument(`An event type must not have more than ${MAX_NAME} characters`);
  if (!id) throw invalidArgument('An event must have a UUID as its id');
  return { id, type, isJson: contentType === JSON_CONTENT, meta, data };
};

/** Throws RpcError with INVALID_ARGUMENT when the name is not valid for a stream. */
export const requireValidStream = (name: string | undefined): string => {
  if (name === undefined || isInvalidStream(name)) {
    throw invalidArgument(`'${name?.slice(0, 100) ?? ''}' is not a valid stream name`);
  }
  return name;
};
