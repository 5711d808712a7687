/** A frame of the protocol of `WS /v1/agents`. */
export interface Frame {
  readonly type: string;
  readonly [member: string]: unknown;
}

/** @returns undefined when the text is not a frame */
export function parseFrame(text: string): Frame | undefined {
  try {
    const value = JSON.parse(text) as Frame | null;
    return typeof value?.type === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
