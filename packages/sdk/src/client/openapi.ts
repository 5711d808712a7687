/** The types of the HTTP API, made by `npm run openapi` from docs/openapi.json. */
export interface paths {
    readonly "/v1/partners/{partner_id}/timeline": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * A partner over all sessions and channels: turns, goals, flags, handoffs, inquiries, by time
         * @description A page ends at `limit` items or 1 MiB, whichever comes first, and has at least one item.
         */
        readonly get: operations["timeline"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/stats/turns": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * How many turns there are, by day, intent, channel, sender, goal and outcome
         * @description By default of the last 31 days; a period may have at most 366 days. Forks are left out unless requested; partners whose data are restricted always are. At most 1000 groups.
         */
        readonly get: operations["countTurns"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/journeys/search": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Sessions that took some steps, by the time of the first
         * @description For example "goal set, not completed within 10 minutes, then a handoff requested". The first step lies in the period: by default the last 31 days; at most 366 days.
         */
        readonly post: operations["findJourneys"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/sessions": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * Sessions, newest first, filtered by their properties and events
         * @description The filters on turns (sender, intent, actor, entity) all apply to the same turn of the session. With `entity`: Without `partner_id` and `session_id` the last 31 days before `to` are searched; `from` may be at most 31 days before it for agents and services, 366 for others. A page ends at `limit` items or 1 MiB, whichever comes first, and has at least one item.
         */
        readonly get: operations["sessions"];
        readonly put?: never;
        /** Start a session */
        readonly post: operations["start"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/sessions/{session_id}/turns": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Record a turn, with the bot’s reply if there is one */
        readonly post: operations["recordTurn"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/sessions/{session_id}/goals": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Set the current goal and suspend the previous one */
        readonly post: operations["setGoal"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/sessions/{session_id}/goals/{goal}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        /** Change a goal’s step or status; when it is finished, the suspended one is resumed */
        readonly patch: operations["updateGoal"];
        readonly trace?: never;
    };
    readonly "/v1/sessions/{session_id}/flags/{flag}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        /** Raise a flag */
        readonly put: operations["raiseFlag"];
        readonly post?: never;
        /** Clear a flag */
        readonly delete: operations["clearFlag"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/sessions/{session_id}/channel": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Continue the conversation on another channel */
        readonly post: operations["switchChannel"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/sessions/{session_id}/preferences": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Change preferences */
        readonly post: operations["changePreferences"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/sessions/{session_id}/handoff": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Request, accept or return a handoff to a human */
        readonly post: operations["handoff"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/sessions/{session_id}/external-updates": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Record an external update, a report of another system */
        readonly post: operations["externalUpdate"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/sessions/{session_id}/end": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** End the session */
        readonly post: operations["end"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/sessions/{session_id}/commands": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Several commands in one append: all of them or none */
        readonly post: operations["several"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/partners/{partner_id}/session": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Resume the partner’s most recently active session, or start one
         * @description Concurrent calls get the same session, on any node. The call may be repeated without a key. The body is used only for a new session; a resumed one stays as it is, on its own channel.
         */
        readonly post: operations["resumeOrStart"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/sessions/{session_id}/fork": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Fork a session: a new one with its state, now or at a revision
         * @description For what-if runs, evaluations and bug reports. The fork takes commands like any session, and is independent: later events of the original session do not change it. It is not part of the partner’s memory, gets no updates of other systems, opens no inquiries, is not published, and is left out of lists by default. An erasure of the partner includes it. Each fork is recorded.
         */
        readonly post: operations["forkSession"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/sessions/{session_id}/inquiries": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Ask other systems
         * @description Returns at once. Answers are added to the context as they arrive. The inquiry closes with a merged answer when all have arrived, or at its deadline with those that have. The same question joins an open inquiry. A question about an order or payout of another partner (as named by an event) is refused, unless the operator allows it.
         */
        readonly post: operations["openInquiry"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/sessions/{session_id}/inquiries/{inquiry_id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** An inquiry, with the state and latency of each source */
        readonly get: operations["getInquiry"];
        readonly put?: never;
        readonly post?: never;
        /** Cancel an inquiry: it closes without an answer */
        readonly delete: operations["cancelInquiry"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/sessions/{session_id}/inquiries/{inquiry_id}/timeline": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** What happened to an inquiry: asked, answered, failed, retried, skipped, closed, corrected */
        readonly get: operations["getInquiryTimeline"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/sessions/{session_id}/context": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * The working context of a conversation, now or in the past
         * @description With `at_revision` or `at` it is folded from exactly the events up to there. 412 names the current revision if the session has not reached the requested one, 404 the start of the session if the time is before it; 410: the events are deleted.
         */
        readonly get: operations["context"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/sessions/{session_id}/context/diff": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * The changes between two revisions of a context, by field, with the event that caused each
         * @description `from` defaults to the time before the session began, `to` to now.
         */
        readonly get: operations["contextDiff"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/sessions/{session_id}/events": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * The events of a conversation, as pages or as a stream
         * @description A page ends at `limit` items or 1 MiB, whichever comes first, and has at least one item. The Accept header can request all events as a stream instead: `application/x-ndjson`, a line for each, or `text/event-stream`, at a `speed` of your choice, with `event: end` behind the last. A stream that breaks off is not complete.
         */
        readonly get: operations["events"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/sessions/{session_id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** A session, as of its last event */
        readonly get: operations["session"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/turns": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * Turns, oldest first, filtered by their properties and the events of their session
         * @description The turns of one session keep their order, even if the clocks of nodes differ. A page ends at `limit` items or 1 MiB, whichever comes first, and has at least one item. The first page has `latest`, from which `order=recorded` continues: each turn that was not visible yet is returned once, in whatever order partitions write. With `entity`: Without `partner_id` and `session_id` the last 31 days before `to` are searched; `from` may be at most 31 days before it for agents and services, 366 for others.
         */
        readonly get: operations["turns"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/turns/search": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Turns that hold a value of an entity, or words
         * @description Both are found by keyed hashes, since they are stored only encrypted. Auditors and administrators need a purpose, and each search is recorded, even without results. Without `partner_id` and `session_id` the last 31 days before `to` are searched; `from` may be at most 31 days before it for agents and services, 366 for others. A page ends at `limit` items or 1 MiB, whichever comes first, and has at least one item.
         */
        readonly post: operations["searchTurns"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/agents": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * The agent instances that are connected, and the pools in which sessions wait
         * @description A page ends at `limit` instances or 1 MiB, whichever comes first.
         */
        readonly get: operations["agents"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/sessions/{session_id}/agent": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The agent instance that owns a session */
        readonly get: operations["sessionAgent"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/sessions/{session_id}/stream": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The events of a session as they happen (Server-Sent Events) */
        readonly get: operations["stream"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/exports": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The exports that you requested, newest first, without their files */
        readonly get: operations["listExports"];
        readonly put?: never;
        /**
         * Export turns, sessions, events or conversations for training
         * @description Written to files in the background, and resumed after an interruption. Its coverage is fixed by the request: `until`. Personal values are `[masked]` without a purpose, and always for analysts. Recipients and partners of unmasked values are recorded.
         */
        readonly post: operations["createExport"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/exports/{export_id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The progress and files of an export */
        readonly get: operations["export"];
        readonly put?: never;
        readonly post?: never;
        /** End an export and remove its files */
        readonly delete: operations["deleteExport"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/exports/{export_id}/files/{name}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * A file of an export, or its `manifest.json`
         * @description The header Range resumes an interrupted download. Each download of an unmasked export is recorded.
         */
        readonly get: operations["exportFile"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/trace/{correlation_id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * Everything that one message caused, as a tree with times
         * @description Events of all sessions with the correlation id, requests to sources of inquiries with their answers, and what agents acknowledged. Complete about a second after it happened.
         */
        readonly get: operations["trace"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/sessions/{session_id}/verification": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * Check that no event of a conversation was changed
         * @description Reads the whole conversation, and compares the hash of each event with its content, the previous event, and the signed roots. The content is not shown.
         */
        readonly get: operations["verification"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/sessions/{session_id}/proof": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * A proof of one event, for others
         * @description The stored event, with the hashes that lead from it to a signed root; for other events only the hash of their content is included. The read is recorded, since without encryption the stored bytes are readable.
         */
        readonly get: operations["proof"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/access": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * Reads of personal data and acts of administrators, newest first
         * @description For auditors and administrators. A read is listed within about a second. A token limited to partners sees only the records of these partners.
         */
        readonly get: operations["listAccess"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/access/summary": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * Whose data was accessed within a period, and by whom
         * @description A count for each partner and subject, ordered by partner. For auditors and administrators.
         */
        readonly get: operations["accessSummary"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tickets": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * A ticket for one connection from a browser, which cannot send a token with it
         * @description The connection may do what the token may, and ends when the token expires.
         */
        readonly post: operations["issueTicket"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tokens/revoke": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Revoke a token, or the tokens of a subject
         * @description The revocation is recorded first. Within seconds no node accepts the tokens any more, and their open connections end.
         */
        readonly post: operations["revokeTokens"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/partners/{partner_id}/detokenise": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Show the values of a partner’s tokens
         * @description For services, auditors and administrators. Each call that shows a value is recorded, with its purpose, before the answer is sent. A token can be resolved about a second after its message.
         */
        readonly post: operations["detokenise"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/partners/{partner_id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post?: never;
        /**
         * Erase a partner
         * @description Ends the open sessions, destroys the partner’s key and all derived data, checks every store and writes a receipt. If the policy demands that the data be kept for some time (RETENTION_FLOOR_DAYS), they are restricted now and erased afterwards. A legal hold blocks the erasure: 409 with the reason `legal_hold`.
         */
        readonly delete: operations["erase"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/partners/{partner_id}/erasure": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The requests about a partner’s data, and the receipt of the last erasure */
        readonly get: operations["status"];
        readonly put?: never;
        readonly post?: never;
        /** Withdraw an erasure that is announced or waits for the end of a restriction */
        readonly delete: operations["cancel"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/partners/{partner_id}/hold": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        /** Place a legal hold: nothing of the partner is erased or expires until it is lifted */
        readonly put: operations["hold"];
        readonly post?: never;
        /** Lift a legal hold */
        readonly delete: operations["lift"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/partners/{partner_id}/archive": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * All data of a partner as a zip of JSON and readable texts
         * @description Sessions with their events and contexts, values of tokens, the partner’s memory and kept updates, erasures and holds, and who read the data. What cannot be read is shown as it is stored, or without its value; `problems.txt` lists it.
         */
        readonly get: operations["archive"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        readonly TurnRowDto: {
            /** Format: uuid */
            readonly turn_id: string;
            /** Format: uuid */
            readonly session_id: string;
            /** @example P7689 */
            readonly partner_id: string;
            /** Format: date-time */
            readonly timestamp: string;
            /** @enum {string} */
            readonly sender: "user" | "bot";
            /** @example Where is my payout? */
            readonly message_text: string;
            /** @example ask_payment_status */
            readonly parsed_intent: string | null;
            /**
             * @example {
             *       "month": "October"
             *     }
             */
            readonly extracted_entities: {
                readonly [key: string]: unknown;
            };
            /** @example I am checking. */
            readonly response_text: string | null;
            /**
             * Format: uuid
             * @description For a fork: the session that it was forked from.
             * @example null
             */
            readonly forked_from: string | null;
            /** @example 4 */
            readonly revision: number;
            /**
             * @description The channel when the turn was recorded.
             * @example whatsapp
             */
            readonly channel: string | null;
            /** @example 0.9 */
            readonly intent_confidence: number | null;
            /** @example confirm_month */
            readonly bot_action: string | null;
            /**
             * @description The current goal at that time.
             * @example resolve_payment
             */
            readonly goal: string | null;
            /**
             * Format: uuid
             * @description The latest inquiry that was open at that time.
             */
            readonly inquiry_id: string | null;
            /**
             * @description Of the caller that recorded it.
             * @example agent
             */
            readonly actor_role: string | null;
            /**
             * @description Of the caller that recorded it.
             * @example payout-bot
             */
            readonly actor_id: string | null;
        };
        readonly TimelineItemDto: {
            /** Format: date-time */
            readonly at: string;
            /** Format: uuid */
            readonly session_id: string;
            /** @example 4 */
            readonly revision: number;
            /**
             * @example goal_set
             * @enum {string}
             */
            readonly kind: "turn" | "session_started" | "channel_switched" | "goal_set" | "goal_suspended" | "goal_resumed" | "goal_completed" | "goal_abandoned" | "flag_raised" | "flag_cleared" | "handoff_requested" | "handoff_accepted" | "handoff_returned" | "inquiry_opened" | "inquiry_closed" | "session_ended" | "session_expired";
            /**
             * @description The goal, flag, channel or kind of inquiry of an item that is not a turn.
             * @example resolve_payment
             */
            readonly name: string | null;
            /** @description The outcome of a closed inquiry. */
            readonly outcome: string | null;
            readonly turn: components["schemas"]["TurnRowDto"] | null;
        };
        readonly TimelinePageDto: {
            /** @example P7689 */
            readonly partner_id: string;
            readonly items: readonly components["schemas"]["TimelineItemDto"][];
            /** @description Send as `after` for the next page; null at the end. */
            readonly next: string | null;
        };
        readonly TurnCountDto: {
            /** @example 2026-11-24 */
            readonly day?: string;
            /** @example ask_payment_status */
            readonly intent?: string | null;
            /** @example whatsapp */
            readonly channel?: string | null;
            /** @example user */
            readonly sender?: string;
            /** @example resolve_payment */
            readonly goal?: string | null;
            /**
             * @description The outcome of the session, the first that applies: handoff requested, goal completed, goal abandoned, none of these.
             * @enum {string}
             */
            readonly outcome?: "handoff" | "completed" | "abandoned" | "open";
            /** @example 12 */
            readonly turns: number;
            /**
             * @description Sessions with such a turn.
             * @example 5
             */
            readonly sessions: number;
        };
        readonly TurnCountsDto: {
            /** Format: date-time */
            readonly from: string;
            /** Format: date-time */
            readonly to: string;
            readonly counts: readonly components["schemas"]["TurnCountDto"][];
            /** @description Whether there are more than 1000 groups; the others are left out. */
            readonly truncated: boolean;
        };
        readonly JourneySearchDto: {
            /**
             * Format: date-time
             * @description At or after this time: for a turn its time, or that of an earlier turn of its session if a clock went back; for a session its start.
             */
            readonly from?: string;
            /**
             * Format: date-time
             * @description Before this time.
             */
            readonly to?: string;
            /**
             * @description Each step is the first of its kind after the previous step that occurred. A `not` without `within_s` applies until the next step, or to the end.
             * @example [
             *       {
             *         "kind": "goal_set",
             *         "name": "resolve_payment"
             *       },
             *       {
             *         "kind": "goal_completed",
             *         "same_name": true,
             *         "not": true,
             *         "within_s": 600
             *       },
             *       {
             *         "kind": "handoff_requested"
             *       }
             *     ]
             */
            readonly steps: readonly {
                /** @enum {string} */
                readonly kind: "session_started" | "channel_switched" | "goal_set" | "goal_suspended" | "goal_resumed" | "goal_completed" | "goal_abandoned" | "flag_raised" | "flag_cleared" | "handoff_requested" | "handoff_accepted" | "handoff_returned" | "inquiry_opened" | "inquiry_closed" | "session_ended" | "session_expired";
                readonly name?: string;
                readonly outcome?: string;
                /** @description The step must not occur. */
                readonly not?: boolean;
                /** @description At most this many seconds after the previous step that occurred. */
                readonly within_s?: number;
                /** @description At least this many seconds after it. */
                readonly after_s?: number;
                /** @description Its name must be that of the first step. */
                readonly same_name?: boolean;
            }[];
            /** @example P7689 */
            readonly partner_id?: string;
            /** @enum {string} */
            readonly channel?: "whatsapp" | "ivr" | "mobile_app";
            /**
             * @description Forks are left out by default.
             * @enum {string}
             */
            readonly forks?: "exclude" | "include" | "only";
            /** @default 50 */
            readonly limit?: number;
            /** @description The `next` of the previous page. */
            readonly after?: string;
        };
        readonly JourneyStepDto: {
            /** @enum {string} */
            readonly kind: "session_started" | "channel_switched" | "goal_set" | "goal_suspended" | "goal_resumed" | "goal_completed" | "goal_abandoned" | "flag_raised" | "flag_cleared" | "handoff_requested" | "handoff_accepted" | "handoff_returned" | "inquiry_opened" | "inquiry_closed" | "session_ended" | "session_expired";
            /** @example resolve_payment */
            readonly name: string | null;
            /** Format: date-time */
            readonly at: string;
            /** @example 4 */
            readonly revision: number;
        };
        readonly JourneyDto: {
            /** Format: uuid */
            readonly session_id: string;
            /** @example P7689 */
            readonly partner_id: string;
            /**
             * Format: uuid
             * @description For a fork: the session that it was forked from.
             * @example null
             */
            readonly forked_from: string | null;
            /** @description The steps that occurred. */
            readonly steps: readonly components["schemas"]["JourneyStepDto"][];
        };
        readonly JourneysPageDto: {
            readonly items: readonly components["schemas"]["JourneyDto"][];
            /** @description Send as `after` for the next page; null at the end. */
            readonly next: string | null;
        };
        readonly StartSessionDto: {
            /**
             * @example whatsapp
             * @enum {string}
             */
            readonly channel: "whatsapp" | "ivr" | "mobile_app";
            /**
             * @description The partner’s last language by default, else `en`.
             * @example hi
             */
            readonly language?: string;
            /** @example Pune */
            readonly region?: string;
            /** @example Asha */
            readonly name?: string;
            /** @example android-14 */
            readonly device?: string;
            /**
             * @description Seconds without activity until the session expires.
             * @example 86400
             */
            readonly expires_in_s?: number;
            /**
             * @description The delivery partner.
             * @example P7689
             */
            readonly partner_id: string;
            /**
             * Format: uuid
             * @description UUID v4 of the session; a new one by default.
             */
            readonly session_id?: string;
        };
        readonly AppendedEventDto: {
            /** Format: uuid */
            readonly event_id: string;
            /** @example TurnRecorded */
            readonly type: string;
            /** @example 4 */
            readonly revision: number;
        };
        readonly CommandResultDto: {
            /** Format: uuid */
            readonly session_id: string;
            /**
             * @description The revision of the last event that the command appended.
             * @example 4
             */
            readonly revision: number;
            /** @description Empty when the command changed nothing. */
            readonly events: readonly components["schemas"]["AppendedEventDto"][];
        };
        readonly RecordTurnDto: {
            /**
             * @example user
             * @enum {string}
             */
            readonly sender: "user" | "bot";
            /** @example My payout for October has not arrived */
            readonly message_text: string;
            /** @example ask_payment_status */
            readonly parsed_intent?: string;
            /** @example 0.93 */
            readonly intent_confidence?: number;
            /**
             * @example {
             *       "month": "October"
             *     }
             */
            readonly extracted_entities?: {
                readonly [key: string]: unknown;
            };
            /**
             * Format: uuid
             * @description The turn’s id. A turn with the same id is recorded once.
             * @example 5d1f0c7e-8a43-4c0e-9a6f-2b7c1d3e4f50
             */
            readonly turn_id?: string;
            /**
             * @description The channel’s message id. A turn with the same id is recorded once.
             * @example wamid.HBgM
             */
            readonly message_id?: string;
            /**
             * Format: uuid
             * @description The turn that this one answers: an earlier one. One that is not among the last ten turns of the session is stored with `in_reply_to_unresolved` in the event.
             */
            readonly in_reply_to?: string;
            /**
             * @description What the bot did in its turn.
             * @example confirm_month
             */
            readonly bot_action?: string;
            /**
             * @description With a user’s turn, the bot’s reply: a separate turn in the same append.
             * @example I am checking your October payout.
             */
            readonly response_text?: string;
        };
        readonly SetGoalDto: {
            /** @example resolve_payment */
            readonly goal: string;
            /** @example verify_bank */
            readonly step?: string;
        };
        readonly UpdateGoalDto: {
            /** @example confirm_month */
            readonly step?: string;
            /**
             * @example completed
             * @enum {string}
             */
            readonly status?: "in_progress" | "suspended" | "completed" | "abandoned";
        };
        readonly RaiseFlagDto: {
            /**
             * @default true
             * @example true
             */
            readonly value?: string | number | boolean;
        };
        readonly SwitchChannelDto: {
            /**
             * @example ivr
             * @enum {string}
             */
            readonly channel: "whatsapp" | "ivr" | "mobile_app";
        };
        readonly ChangePreferencesDto: {
            /**
             * @description Names and values; null removes one. `language` is the preferred language.
             * @example {
             *       "language": "hi",
             *       "call_back": "evening"
             *     }
             */
            readonly preferences: {
                readonly [key: string]: unknown;
            };
        };
        readonly HandoffDto: {
            /**
             * @example request
             * @enum {string}
             */
            readonly action: "request" | "accept" | "return";
            /**
             * @description With `request`: why.
             * @example bank details changed
             */
            readonly reason?: string;
            /**
             * @description With `accept`: who takes over; the caller by default.
             * @example desk-4
             */
            readonly accepted_by?: string;
            /**
             * @description With `return`: a note.
             * @example bank details corrected
             */
            readonly note?: string;
        };
        readonly ExternalUpdateDto: {
            /**
             * @description The system that the update comes from.
             * @example logistics
             */
            readonly system: string;
            /** @example shipment_updated */
            readonly kind: string;
            /**
             * @description The order, payout or other object that it is about.
             * @example ORD9823
             */
            readonly reference?: string;
            /**
             * @example {
             *       "order_id": "ORD9823",
             *       "status": "out_for_delivery"
             *     }
             */
            readonly data: {
                readonly [key: string]: unknown;
            };
            /**
             * @description The update’s id in its system. An update with the same id is recorded once.
             * @example evt-20931
             */
            readonly source_event_id: string;
            /**
             * Format: date-time
             * @description When it happened, by the clock of its system. An older report never replaces a newer one in the context, whenever it arrives.
             * @example 2026-11-24T08:02:58Z
             */
            readonly occurred_at?: string;
            /**
             * @description The reported state.
             * @example out_for_delivery
             */
            readonly status?: string;
            /**
             * @description Its references. With an order or a shipment (`tracking`), `status` becomes the state of that order. Naming another partner than the session’s is refused (`foreign_partner`).
             * @example {
             *       "order": "ORD9823",
             *       "tracking": "TRK551"
             *     }
             */
            readonly references?: {
                readonly order?: string;
                readonly payout?: string;
                readonly tracking?: string;
                readonly partner?: string;
            };
        };
        readonly EndSessionDto: {
            /** @example resolved */
            readonly reason?: string;
        };
        readonly RecordTurnItem: {
            /**
             * @example user
             * @enum {string}
             */
            readonly sender: "user" | "bot";
            /** @example My payout for October has not arrived */
            readonly message_text: string;
            /** @example ask_payment_status */
            readonly parsed_intent?: string;
            /** @example 0.93 */
            readonly intent_confidence?: number;
            /**
             * @example {
             *       "month": "October"
             *     }
             */
            readonly extracted_entities?: {
                readonly [key: string]: unknown;
            };
            /**
             * Format: uuid
             * @description The turn’s id. A turn with the same id is recorded once.
             * @example 5d1f0c7e-8a43-4c0e-9a6f-2b7c1d3e4f50
             */
            readonly turn_id?: string;
            /**
             * @description The channel’s message id. A turn with the same id is recorded once.
             * @example wamid.HBgM
             */
            readonly message_id?: string;
            /**
             * Format: uuid
             * @description The turn that this one answers: an earlier one. One that is not among the last ten turns of the session is stored with `in_reply_to_unresolved` in the event.
             */
            readonly in_reply_to?: string;
            /**
             * @description What the bot did in its turn.
             * @example confirm_month
             */
            readonly bot_action?: string;
            /**
             * @description With a user’s turn, the bot’s reply: a separate turn in the same append.
             * @example I am checking your October payout.
             */
            readonly response_text?: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            readonly type: "RecordTurn";
        };
        readonly SetGoalItem: {
            /** @example resolve_payment */
            readonly goal: string;
            /** @example verify_bank */
            readonly step?: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            readonly type: "SetGoal";
        };
        readonly UpdateGoalItem: {
            /** @example confirm_month */
            readonly step?: string;
            /**
             * @example completed
             * @enum {string}
             */
            readonly status?: "in_progress" | "suspended" | "completed" | "abandoned";
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            readonly type: "UpdateGoal";
            /** @example resolve_payment */
            readonly goal: string;
        };
        readonly RaiseFlagItem: {
            /**
             * @default true
             * @example true
             */
            readonly value?: string | number | boolean;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            readonly type: "RaiseFlag";
            /** @example vip */
            readonly flag: string;
        };
        readonly ClearFlagItem: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            readonly type: "ClearFlag";
            /** @example vip */
            readonly flag: string;
        };
        readonly SwitchChannelItem: {
            /**
             * @example ivr
             * @enum {string}
             */
            readonly channel: "whatsapp" | "ivr" | "mobile_app";
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            readonly type: "SwitchChannel";
        };
        readonly ChangePreferencesItem: {
            /**
             * @description Names and values; null removes one. `language` is the preferred language.
             * @example {
             *       "language": "hi",
             *       "call_back": "evening"
             *     }
             */
            readonly preferences: {
                readonly [key: string]: unknown;
            };
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            readonly type: "ChangePreferences";
        };
        readonly HandoffItem: {
            /**
             * @example request
             * @enum {string}
             */
            readonly action: "request" | "accept" | "return";
            /**
             * @description With `request`: why.
             * @example bank details changed
             */
            readonly reason?: string;
            /**
             * @description With `accept`: who takes over; the caller by default.
             * @example desk-4
             */
            readonly accepted_by?: string;
            /**
             * @description With `return`: a note.
             * @example bank details corrected
             */
            readonly note?: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            readonly type: "Handoff";
        };
        readonly EndSessionItem: {
            /** @example resolved */
            readonly reason?: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            readonly type: "EndSession";
        };
        readonly ExternalUpdateItem: {
            /**
             * @description The system that the update comes from.
             * @example logistics
             */
            readonly system: string;
            /** @example shipment_updated */
            readonly kind: string;
            /**
             * @description The order, payout or other object that it is about.
             * @example ORD9823
             */
            readonly reference?: string;
            /**
             * @example {
             *       "order_id": "ORD9823",
             *       "status": "out_for_delivery"
             *     }
             */
            readonly data: {
                readonly [key: string]: unknown;
            };
            /**
             * @description The update’s id in its system. An update with the same id is recorded once.
             * @example evt-20931
             */
            readonly source_event_id: string;
            /**
             * Format: date-time
             * @description When it happened, by the clock of its system. An older report never replaces a newer one in the context, whenever it arrives.
             * @example 2026-11-24T08:02:58Z
             */
            readonly occurred_at?: string;
            /**
             * @description The reported state.
             * @example out_for_delivery
             */
            readonly status?: string;
            /**
             * @description Its references. With an order or a shipment (`tracking`), `status` becomes the state of that order. Naming another partner than the session’s is refused (`foreign_partner`).
             * @example {
             *       "order": "ORD9823",
             *       "tracking": "TRK551"
             *     }
             */
            readonly references?: {
                readonly order?: string;
                readonly payout?: string;
                readonly tracking?: string;
                readonly partner?: string;
            };
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            readonly type: "RecordExternalUpdate";
        };
        readonly CommandsDto: {
            /**
             * @example [
             *       {
             *         "type": "SetGoal",
             *         "goal": "resolve_payment"
             *       },
             *       {
             *         "type": "RaiseFlag",
             *         "flag": "vip"
             *       }
             *     ]
             */
            readonly commands: readonly (components["schemas"]["RecordTurnItem"] | components["schemas"]["SetGoalItem"] | components["schemas"]["UpdateGoalItem"] | components["schemas"]["RaiseFlagItem"] | components["schemas"]["ClearFlagItem"] | components["schemas"]["SwitchChannelItem"] | components["schemas"]["ChangePreferencesItem"] | components["schemas"]["HandoffItem"] | components["schemas"]["EndSessionItem"] | components["schemas"]["ExternalUpdateItem"])[];
        };
        readonly ResumeOrStartDto: {
            /**
             * @example whatsapp
             * @enum {string}
             */
            readonly channel: "whatsapp" | "ivr" | "mobile_app";
            /**
             * @description The partner’s last language by default, else `en`.
             * @example hi
             */
            readonly language?: string;
            /** @example Pune */
            readonly region?: string;
            /** @example Asha */
            readonly name?: string;
            /** @example android-14 */
            readonly device?: string;
            /**
             * @description Seconds without activity until the session expires.
             * @example 86400
             */
            readonly expires_in_s?: number;
        };
        readonly PartnerSessionDto: {
            /** Format: uuid */
            readonly session_id: string;
            /**
             * @description The revision of the last event that the command appended.
             * @example 4
             */
            readonly revision: number;
            /** @description Empty when the command changed nothing. */
            readonly events: readonly components["schemas"]["AppendedEventDto"][];
            /**
             * @description Whether the session was active before; false: it is new.
             * @example true
             */
            readonly resumed: boolean;
            /**
             * @description The session’s channel. Continue on another one with `POST …/channel`.
             * @example whatsapp
             */
            readonly channel: string;
        };
        readonly ForkDto: {
            /**
             * @description What the fork is for: `what_if`, `evaluation`, `bug_report:4711`. It is stored in the fork and, in plain text, in the access log.
             * @example what_if
             */
            readonly purpose: string;
            /**
             * @description The revision of the session at which the fork begins; by default its latest.
             * @example 1
             */
            readonly at_revision?: number;
            /**
             * Format: uuid
             * @description UUID v4 of the fork; a new one by default.
             */
            readonly session_id?: string;
            /**
             * @description Seconds without activity until the fork expires; by default as the session that is forked.
             * @example 86400
             */
            readonly expires_in_s?: number;
        };
        readonly InquirySourceDto: {
            /**
             * @description `late`: answered after the inquiry was closed.
             * @enum {string}
             */
            readonly status: "waiting" | "asked" | "retrying" | "answered" | "failed" | "skipped" | "late";
            readonly required: boolean;
            /** @description The sources whose answers it needs first. */
            readonly after: readonly string[];
            /** @description The number of times it was asked. */
            readonly attempt: number;
            /** Format: date-time */
            readonly asked_at: string | null;
            /** Format: date-time */
            readonly settled_at: string | null;
            readonly latency_ms: number | null;
            /** @description Why there is no answer. */
            readonly reason: string | null;
            /** @description It said itself that it has no answer, for good; not: it is silent, or could not be asked. */
            readonly said_no?: boolean;
            /** @description Its answer, while the inquiry is open, and when it is late. */
            readonly data: {
                readonly [key: string]: unknown;
            } | null;
        };
        readonly OpenInquiryDto: {
            /**
             * @example order_status
             * @enum {string}
             */
            readonly kind: "order_status" | "payout_status";
            /**
             * @description What is asked about: `order_id` for order_status, `payout_id` for payout_status.
             * @example {
             *       "order_id": "ORD9823"
             *     }
             */
            readonly subject: {
                readonly [key: string]: string;
            };
            /** @example 5000 */
            readonly timeout_ms?: number | null;
        };
        readonly InquiryAcceptedDto: {
            /** Format: uuid */
            readonly session_id: string;
            /** Format: uuid */
            readonly inquiry_id: string;
            /** @description The revision of the session. */
            readonly revision: number;
            /** Format: date-time */
            readonly deadline: string;
            /** @description The same question was already open: this is its inquiry. */
            readonly joined: boolean;
        };
        readonly InquiryDto: {
            /**
             * Format: uuid
             * @example 5e7c3a0e-2f0b-5d5b-8f0e-0c6c9a0b1f11
             */
            readonly inquiry_id: string;
            /** @example order_status */
            readonly kind: string;
            /**
             * @example {
             *       "order_id": "ORD9823"
             *     }
             */
            readonly subject: {
                readonly [key: string]: unknown;
            };
            /**
             * @description The `order`, `payout`, `tracking` and `partner` that its subject names, as its kind declares.
             * @example {
             *       "order": "ORD9823"
             *     }
             */
            readonly about?: {
                readonly [key: string]: string;
            };
            /**
             * @description `complete`: every source answered that had to be asked; `failed`: a required source said that it has no answer; `partial`: some source answered; `expired`: none did; `cancelled`: the answer was not wanted any more. The first that holds, `cancelled` before all.
             * @enum {string}
             */
            readonly status: "open" | "complete" | "partial" | "failed" | "expired" | "cancelled";
            /** Format: date-time */
            readonly opened_at: string;
            /** Format: date-time */
            readonly deadline: string;
            /** Format: date-time */
            readonly closed_at: string | null;
            /**
             * @example {
             *       "orders": {
             *         "status": "answered",
             *         "required": true,
             *         "after": [],
             *         "attempt": 1,
             *         "asked_at": "2026-11-24T08:04:11.000Z",
             *         "settled_at": "2026-11-24T08:04:11.180Z",
             *         "latency_ms": 180,
             *         "reason": null,
             *         "said_no": false,
             *         "data": null
             *       },
             *       "logistics": {
             *         "status": "answered",
             *         "required": false,
             *         "after": [
             *           "orders"
             *         ],
             *         "attempt": 1,
             *         "asked_at": "2026-11-24T08:04:11.180Z",
             *         "settled_at": "2026-11-24T08:04:11.420Z",
             *         "latency_ms": 240,
             *         "reason": null,
             *         "said_no": false,
             *         "data": null
             *       }
             *     }
             */
            readonly sources: {
                readonly [key: string]: components["schemas"]["InquirySourceDto"];
            };
            /**
             * @description The merged answer.
             * @example {
             *       "order_id": "ORD9823",
             *       "order_status": "processed",
             *       "status": "out_for_delivery",
             *       "tracking_id": "TRK551"
             *     }
             */
            readonly answer: {
                readonly [key: string]: unknown;
            } | null;
            /** @description Late or duplicate answers. */
            readonly corrections: number;
            /** @description The one of the request that opened it; requests, answers and the closing carry it. */
            readonly correlation_id: string;
            /** @description The W3C trace context of that request. */
            readonly traceparent: string | null;
        };
        readonly InquiryStepDto: {
            /**
             * @description `retried`: the source is asked again at the time `at`.
             * @example answered
             * @enum {string}
             */
            readonly step: "opened" | "asked" | "answered" | "failed" | "retried" | "skipped" | "closed" | "corrected";
            /**
             * Format: date-time
             * @example 2026-11-24T08:04:11.180Z
             */
            readonly at: string;
            /**
             * @description The revision of the event in the session’s stream.
             * @example 7
             */
            readonly revision: number;
            /** @example orders */
            readonly source: string | null;
            /** @example 1 */
            readonly attempt: number | null;
            /** @description Why a source failed or has no answer. */
            readonly reason: string | null;
            /** @description Why it closed (`settled`, `deadline`, `cancelled`, `session_over`), or what a correction is: `late`, `duplicate`. */
            readonly cause: string | null;
            /** @enum {string|null} */
            readonly outcome: "complete" | "partial" | "failed" | "expired" | "cancelled" | null;
            /**
             * Format: date-time
             * @description When its source says that it happened.
             */
            readonly occurred_at_source?: string;
            /** @description The W3C trace context that its source sent. */
            readonly source_traceparent?: string;
        };
        readonly InquiryTimelineDto: {
            /**
             * Format: uuid
             * @example 5e7c3a0e-2f0b-5d5b-8f0e-0c6c9a0b1f11
             */
            readonly inquiry_id: string;
            /** @description In order, at most 500. */
            readonly steps: readonly components["schemas"]["InquiryStepDto"][];
            /** @description Whether there are more steps. */
            readonly truncated: boolean;
        };
        readonly ActorDto: {
            /** @example agent */
            readonly role: string;
            /** @example support-bot */
            readonly id: string;
            /** @example bot-7 */
            readonly instance?: string;
        };
        readonly ExplanationDto: {
            /** Format: uuid */
            readonly event_id: string;
            /** @example ExternalUpdateRecorded */
            readonly type: string;
            /** @example 38 */
            readonly revision: number;
            /** Format: date-time */
            readonly occurred_at: string;
            readonly actor: components["schemas"]["ActorDto"];
            /**
             * @description The other system that reported it; null: none.
             * @example logistics
             */
            readonly system: string | null;
            /**
             * @description The system, or else the instance of the actor, or else its id.
             * @example logistics
             */
            readonly set_by: string;
        };
        readonly IdentityDto: {
            readonly partner_id: string;
            readonly name: string | null;
            readonly region: string | null;
            readonly device: string | null;
        };
        readonly ForkedFromDto: {
            /** Format: uuid */
            readonly session_id: string;
            /**
             * @description The revision of that session.
             * @example 41
             */
            readonly revision: number;
            /** @example what_if */
            readonly purpose: string;
        };
        readonly HomeDto: {
            /** @example a */
            readonly cell: string;
            /** @description Present while it moves to another cell: it takes no commands until it has arrived. */
            readonly leaving?: {
                /** Format: uuid */
                readonly move_id?: string;
                /** @example b */
                readonly to?: string;
            };
            /**
             * Format: uuid
             * @description The last move that arrived or was aborted; earlier moves no longer count.
             */
            readonly moved_by?: string;
        };
        readonly SessionSectionDto: {
            /** @enum {string} */
            readonly status: "active" | "ended" | "expired" | "erased";
            /** @example whatsapp */
            readonly channel: string;
            /** Format: date-time */
            readonly start_time: string;
            /** Format: date-time */
            readonly last_activity_time: string;
            /** @description Seconds without activity until the session expires. */
            readonly expires_in_s: number;
            /** Format: date-time */
            readonly expires_at: string;
            /** Format: uuid */
            readonly previous_session_id: string | null;
            readonly turn_count: number;
            /** @description Of a fork only. */
            readonly forked_from?: components["schemas"]["ForkedFromDto"];
            /** @description Of an installation with cells only. */
            readonly home?: components["schemas"]["HomeDto"];
        };
        readonly OrderTrackingDto: {
            readonly order_id: string;
            /** @description The latest report about the order or its shipment, by the clocks of the systems. */
            readonly status: string | null;
            readonly tracking_id: string | null;
            /**
             * Format: date-time
             * @description When it was last updated.
             */
            readonly updated_at: string;
            /**
             * Format: date-time
             * @description The time since which it has that status, by the clock of `source`.
             */
            readonly status_at: string | null;
            /** @description The system that reported that status. */
            readonly source: string | null;
        };
        readonly SuspendedGoalDto: {
            readonly goal: string;
            readonly step: string | null;
            /** @enum {string} */
            readonly status: "suspended";
        };
        readonly GoalStateDto: {
            readonly current_goal: string | null;
            readonly step: string | null;
            /** @enum {string|null} */
            readonly status: "in_progress" | null;
            /** @description Suspended goals, latest last. */
            readonly stack: readonly components["schemas"]["SuspendedGoalDto"][];
        };
        readonly RecentTurnDto: {
            /** Format: uuid */
            readonly turn_id: string;
            /** @enum {string} */
            readonly sender: "user" | "bot";
            readonly message_text: string;
            readonly parsed_intent: string | null;
            /** Format: date-time */
            readonly timestamp: string;
        };
        readonly ShortTermMemoryDto: {
            /** @example hi */
            readonly preferred_language: string;
            readonly preferences: {
                readonly [key: string]: unknown;
            };
            readonly last_user_intent: string | null;
            readonly last_bot_action: string | null;
            /** @description The last 10 turns, latest last. */
            readonly recent_turns: readonly components["schemas"]["RecentTurnDto"][];
        };
        readonly ExternalUpdateSectionDto: {
            readonly system: string;
            readonly kind: string;
            readonly reference: string | null;
            readonly data: {
                readonly [key: string]: unknown;
            } | null;
            /** @description The reported state. */
            readonly status: string | null;
            /** @description A text that may be shown; nothing personal. */
            readonly public_text: string | null;
            /** @description Whether it arrived before the session began. */
            readonly before_session: boolean;
            /**
             * Format: date-time
             * @description When it happened, by the clock of its system.
             */
            readonly occurred_at_source: string | null;
            /** @description Its id in its system. */
            readonly source_event_id: string;
            readonly revision: number;
            /** Format: date-time */
            readonly timestamp: string;
        };
        readonly InquiriesDto: {
            readonly open: readonly components["schemas"]["InquiryDto"][];
            /** @description The last three, latest last. */
            readonly closed: readonly components["schemas"]["InquiryDto"][];
        };
        readonly ContextDto: {
            /**
             * Format: uuid
             * @example 0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10
             */
            readonly session_id: string;
            /** @example P7689 */
            readonly partner_id: string;
            /**
             * @description The revision of the context.
             * @example 41
             */
            readonly revision: number;
            /**
             * @description Who the partner is.
             * @example {
             *       "partner_id": "P7689",
             *       "name": "Asha",
             *       "region": "Pune",
             *       "device": "android-14"
             *     }
             */
            readonly identity: components["schemas"]["IdentityDto"];
            /**
             * @description Status, channel, times and number of turns.
             * @example {
             *       "status": "active",
             *       "channel": "whatsapp",
             *       "start_time": "2026-11-24T08:00:00.000Z",
             *       "last_activity_time": "2026-11-24T08:04:10.000Z",
             *       "expires_in_s": 86400,
             *       "expires_at": "2026-11-25T08:04:10.000Z",
             *       "previous_session_id": null,
             *       "turn_count": 12
             *     }
             */
            readonly session: components["schemas"]["SessionSectionDto"];
            /**
             * @description The order in focus: the one that the conversation mentioned last. An update about another order does not switch it.
             * @example {
             *       "order_id": "ORD9823",
             *       "status": "out_for_delivery",
             *       "tracking_id": "TRK551",
             *       "updated_at": "2026-11-24T08:03:00.000Z",
             *       "status_at": "2026-11-24T08:02:58.000Z",
             *       "source": "logistics"
             *     }
             */
            readonly order_tracking: components["schemas"]["OrderTrackingDto"] | null;
            /**
             * @description By id, the order in focus and those that were mentioned or updated last; at most five.
             * @example {
             *       "ORD9823": {
             *         "order_id": "ORD9823",
             *         "status": "out_for_delivery",
             *         "tracking_id": "TRK551",
             *         "updated_at": "2026-11-24T08:03:00.000Z",
             *         "status_at": "2026-11-24T08:02:58.000Z",
             *         "source": "logistics"
             *       }
             *     }
             */
            readonly orders: {
                readonly [key: string]: components["schemas"]["OrderTrackingDto"];
            };
            /**
             * @description The current goal, and the suspended ones.
             * @example {
             *       "current_goal": "resolve_payment",
             *       "step": "verify_bank",
             *       "status": "in_progress",
             *       "stack": []
             *     }
             */
            readonly goal_state: components["schemas"]["GoalStateDto"];
            /**
             * @description The derived flags and the raised ones.
             * @example {
             *       "is_repeat_query": true,
             *       "asked_about_payment": true,
             *       "awaiting_external_data": false,
             *       "retry_attempts": 1,
             *       "handoff": "none"
             *     }
             */
            readonly conversation_flags: {
                readonly is_repeat_query: boolean;
                readonly asked_about_payment: boolean;
                readonly awaiting_external_data: boolean;
                readonly retry_attempts: number;
                /** @enum {string} */
                readonly handoff: "none" | "requested" | "accepted";
            } & {
                readonly [key: string]: unknown;
            };
            /**
             * @description Language, preferences, the last intent and action, the last 10 turns.
             * @example {
             *       "preferred_language": "hi",
             *       "preferences": {
             *         "call_back": "evening"
             *       },
             *       "last_user_intent": "ask_payment_status",
             *       "last_bot_action": "confirm_month",
             *       "recent_turns": [
             *         {
             *           "turn_id": "6fa459ea-ee8a-4ca4-894e-db77e160355e",
             *           "sender": "user",
             *           "message_text": "Where is my payout?",
             *           "parsed_intent": "ask_payment_status",
             *           "timestamp": "2026-11-24T08:04:10.000Z"
             *         }
             *       ]
             *     }
             */
            readonly short_term_memory: components["schemas"]["ShortTermMemoryDto"];
            /**
             * @description The latest update of each system, kind and reference, by the clocks of the systems. `data` is null above 4 KiB: read the event at `revision`.
             * @example [
             *       {
             *         "system": "logistics",
             *         "kind": "shipment_updated",
             *         "reference": "ORD9823",
             *         "data": {
             *           "order_id": "ORD9823",
             *           "status": "out_for_delivery",
             *           "tracking_id": "TRK551"
             *         },
             *         "status": "out_for_delivery",
             *         "public_text": null,
             *         "before_session": false,
             *         "occurred_at_source": "2026-11-24T08:02:58.000Z",
             *         "source_event_id": "evt-20931",
             *         "revision": 38,
             *         "timestamp": "2026-11-24T08:03:00.000Z"
             *       }
             *     ]
             */
            readonly external: readonly components["schemas"]["ExternalUpdateSectionDto"][];
            /**
             * @description The open inquiries and the last closed ones, with their answers.
             * @example {
             *       "open": [],
             *       "closed": [
             *         {
             *           "inquiry_id": "5e7c3a0e-2f0b-5d5b-8f0e-0c6c9a0b1f11",
             *           "kind": "order_status",
             *           "subject": {
             *             "order_id": "ORD9823"
             *           },
             *           "about": {
             *             "order": "ORD9823"
             *           },
             *           "status": "complete",
             *           "opened_at": "2026-11-24T08:04:11.000Z",
             *           "deadline": "2026-11-24T08:04:16.000Z",
             *           "closed_at": "2026-11-24T08:04:11.420Z",
             *           "sources": {
             *             "orders": {
             *               "status": "answered",
             *               "required": true,
             *               "after": [],
             *               "attempt": 1,
             *               "asked_at": "2026-11-24T08:04:11.000Z",
             *               "settled_at": "2026-11-24T08:04:11.180Z",
             *               "latency_ms": 180,
             *               "reason": null,
             *               "said_no": false,
             *               "data": null
             *             },
             *             "logistics": {
             *               "status": "answered",
             *               "required": false,
             *               "after": [
             *                 "orders"
             *               ],
             *               "attempt": 1,
             *               "asked_at": "2026-11-24T08:04:11.180Z",
             *               "settled_at": "2026-11-24T08:04:11.420Z",
             *               "latency_ms": 240,
             *               "reason": null,
             *               "said_no": false,
             *               "data": null
             *             }
             *           },
             *           "answer": {
             *             "order_id": "ORD9823",
             *             "order_status": "processed",
             *             "status": "out_for_delivery",
             *             "tracking_id": "TRK551"
             *           },
             *           "corrections": 0,
             *           "correlation_id": "4bf92f35-77b3-4da6-a3ce-929d0e0e4736",
             *           "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
             *         }
             *       ]
             *     }
             */
            readonly inquiries: components["schemas"]["InquiriesDto"];
            /** @description With `explain=1`: by the path of each field, such as `goal_state.step` or `external.0`, the event that set it last. */
            readonly explained?: {
                readonly [key: string]: components["schemas"]["ExplanationDto"];
            };
        };
        readonly FieldChangeDto: {
            /**
             * @description A JSON Pointer (RFC 6901) into the context.
             * @example /order_tracking/status
             */
            readonly path: string;
            /**
             * @description Any JSON value.
             * @example shipped
             */
            readonly before?: (string | number | boolean | readonly unknown[] | {
                readonly [key: string]: unknown;
            }) | null;
            /**
             * @description Any JSON value.
             * @example out_for_delivery
             */
            readonly after?: (string | number | boolean | readonly unknown[] | {
                readonly [key: string]: unknown;
            }) | null;
            /** @description The last event that changed the field. */
            readonly event: components["schemas"]["ExplanationDto"];
        };
        readonly ContextDiffDto: {
            /** Format: uuid */
            readonly session_id: string;
            /** @example P7689 */
            readonly partner_id: string;
            /**
             * @description -1: before the session began.
             * @example 37
             */
            readonly from: number;
            /** @example 41 */
            readonly to: number;
            readonly changes: readonly components["schemas"]["FieldChangeDto"][];
        };
        readonly EventDto: {
            /** Format: uuid */
            readonly event_id: string;
            /** @example GoalSet */
            readonly type: string;
            /** @example 3 */
            readonly revision: number;
            /**
             * Format: date-time
             * @description When the event store stored it, by its clock.
             */
            readonly created: string;
            /**
             * @example {
             *       "goal": "resolve_payment",
             *       "step": null
             *     }
             */
            readonly data: {
                readonly [key: string]: unknown;
            };
            /**
             * @example {
             *       "occurred_at": "2026-11-24T08:00:00.000Z"
             *     }
             */
            readonly metadata: {
                readonly [key: string]: unknown;
            };
        };
        readonly EventsPageDto: {
            /** Format: uuid */
            readonly session_id: string;
            readonly events: readonly components["schemas"]["EventDto"][];
            /** @description Send as `from_revision` for the next page; null at the end. */
            readonly next_revision: number | null;
        };
        readonly SessionDto: {
            /** Format: uuid */
            readonly session_id: string;
            /** @example P7689 */
            readonly partner_id: string;
            /** Format: date-time */
            readonly start_time: string;
            /** Format: date-time */
            readonly last_activity_time: string;
            /** @example whatsapp */
            readonly channel: string;
            /** @example resolve_payment */
            readonly current_task: string | null;
            /** @example hi */
            readonly language: string;
            /** Format: date-time */
            readonly expires_at: string;
            /** @enum {string} */
            readonly status: "active" | "ended" | "expired" | "erased";
            /**
             * Format: uuid
             * @description For a fork: the session that it was forked from.
             * @example null
             */
            readonly forked_from: string | null;
            /** @example 41 */
            readonly revision: number;
            /**
             * Format: uuid
             * @description The partner’s previous session.
             * @example null
             */
            readonly previous_session_id: string | null;
        };
        readonly SetAsideDto: {
            /** @example 41 */
            readonly revision: number;
            /** Format: uuid */
            readonly event_id: string;
            /** @example GoalSet */
            readonly type: string;
            /** @example newer_schema_version */
            readonly reason: string;
            /** Format: date-time */
            readonly since: string;
        };
        readonly SessionRowDto: {
            /** Format: uuid */
            readonly session_id: string;
            /** @example P7689 */
            readonly partner_id: string;
            /** Format: date-time */
            readonly start_time: string;
            /** Format: date-time */
            readonly last_activity_time: string;
            /** @example whatsapp */
            readonly channel: string;
            /** @example resolve_payment */
            readonly current_task: string | null;
            /** @example hi */
            readonly language: string;
            /** Format: date-time */
            readonly expires_at: string;
            /** @enum {string} */
            readonly status: "active" | "ended" | "expired" | "erased";
            /**
             * Format: uuid
             * @description For a fork: the session that it was forked from.
             * @example null
             */
            readonly forked_from: string | null;
            /** @example 41 */
            readonly revision: number;
            /**
             * @description The event for which the session is set aside: its row and context do not advance. Null: it is not set aside.
             * @example null
             */
            readonly set_aside: components["schemas"]["SetAsideDto"] | null;
        };
        readonly SessionsPageDto: {
            readonly items: readonly components["schemas"]["SessionRowDto"][];
            /** @description Send as `after` for the next page; null at the end. */
            readonly next: string | null;
        };
        readonly TurnsPageDto: {
            readonly items: readonly components["schemas"]["TurnRowDto"][];
            /** @description Send as `after` for the next page; null at the end. With the order `recorded` it is never null. */
            readonly next: string | null;
            /** @description On a first page: send as `after` with `order=recorded` to get the turns that were not visible yet. Null on other pages. */
            readonly latest?: string | null;
        };
        readonly TurnSearchDto: {
            /**
             * Format: date-time
             * @description At or after this time: for a turn its time, or that of an earlier turn of its session if a clock went back; for a session its start.
             */
            readonly from?: string;
            /**
             * Format: date-time
             * @description Before this time.
             */
            readonly to?: string;
            /** Format: uuid */
            readonly session_id?: string;
            /** @example P7689 */
            readonly partner_id?: string;
            /**
             * @description For a turn, the channel when it was recorded; for a session, its current one.
             * @enum {string}
             */
            readonly channel?: "whatsapp" | "ivr" | "mobile_app";
            /** @enum {string} */
            readonly sender?: "user" | "bot";
            /** @example ask_payment_status */
            readonly parsed_intent?: string;
            /**
             * @description For a turn, the current goal when it was recorded; for a session, a goal that was set.
             * @example resolve_payment
             */
            readonly goal?: string;
            /**
             * @description A flag that was raised in the session.
             * @example vip
             */
            readonly flag?: string;
            /**
             * @description The handoffs of the session; `none`: none was requested.
             * @enum {string}
             */
            readonly handoff?: "none" | "requested" | "accepted" | "returned";
            /**
             * @description The outcome of an inquiry of the session.
             * @enum {string}
             */
            readonly inquiry_outcome?: "complete" | "partial" | "failed" | "expired" | "cancelled";
            /**
             * @description The role of the caller that recorded a turn.
             * @enum {string}
             */
            readonly actor_role?: "agent" | "service" | "human" | "system" | "analyst" | "auditor" | "admin";
            /**
             * @description The subject of the token with which a turn was recorded.
             * @example payout-bot
             */
            readonly actor_id?: string;
            /**
             * @description Forks are left out by default, unless `session_id` is given.
             * @enum {string}
             */
            readonly forks?: "exclude" | "include" | "only";
            /**
             * @description The name of a nested value is its own member name. The whole value is compared, ignoring case. A personal value, such as a phone number, can only be searched together with its partner.
             * @example {
             *       "name": "month",
             *       "value": "October"
             *     }
             */
            readonly entity?: {
                readonly name?: string;
                readonly value?: string | number | boolean;
            };
            /**
             * @description Words that must all be in the text of a turn, in any order: English, Hindi in either script. Only where the operator allows it (`TEXT_SEARCH`), possibly only together with a partner.
             * @example paisa kab
             */
            readonly text?: string;
            /**
             * @default asc
             * @enum {string}
             */
            readonly order?: "asc" | "desc";
            /** @default 50 */
            readonly limit?: number;
            /** @description The `next` of the previous page. */
            readonly after?: string;
        };
        readonly AgentInstanceDto: {
            /** @example bot-7 */
            readonly instance: string;
            /** @example support */
            readonly pool: string;
            /** @description The api node that it is connected to. */
            readonly node: string;
            /** @example 50 */
            readonly capacity: number;
            /**
             * @description How many sessions it owns.
             * @example 12
             */
            readonly sessions: number;
            /** @description Whether it hands its sessions over and takes no new ones. */
            readonly draining: boolean;
            /** Format: date-time */
            readonly since: string;
            /** @description Milliseconds until its lease ends; below 0: its sessions are about to move. */
            readonly lease_ms: number;
        };
        readonly WaitingPoolDto: {
            /** @example support */
            readonly pool: string;
            /**
             * @description Sessions that wait for an instance of the pool.
             * @example 3
             */
            readonly sessions: number;
        };
        readonly AgentsDto: {
            readonly agents: readonly components["schemas"]["AgentInstanceDto"][];
            /** @description Send as `after`; null on the last page. */
            readonly next: string | null;
            readonly waiting: readonly components["schemas"]["WaitingPoolDto"][];
        };
        readonly SessionAgentDto: {
            /** Format: uuid */
            readonly session_id: string;
            /**
             * @description An instance owns the session, the session waits for one of its pool, or it has none.
             * @enum {string}
             */
            readonly status: "attached" | "waiting" | "none";
            /** @example bot-7 */
            readonly instance: string | null;
            /**
             * @description Grows with each attach; 0: the session never had an agent.
             * @example 3
             */
            readonly epoch: number;
            /** @example support */
            readonly pool: string | null;
            /** @description The api node that the instance is connected to. */
            readonly node: string | null;
            /**
             * Format: date-time
             * @description Since when this applies.
             */
            readonly since: string | null;
            /**
             * @description Updates up to this revision are acknowledged; -1: none.
             * @example 41
             */
            readonly acknowledged: number;
        };
        readonly ExportRequestDto: {
            /**
             * Format: date-time
             * @description Before this time; by default up to the time until which the tables are known to be complete.
             */
            readonly to?: string;
            /** @example P7689 */
            readonly partner_id?: string;
            /**
             * @description For turns: the channel when the turn was recorded.
             * @enum {string}
             */
            readonly channel?: "whatsapp" | "ivr" | "mobile_app";
            /**
             * Format: uuid
             * @description Of turns only.
             */
            readonly session_id?: string;
            /**
             * @description Of turns only.
             * @example ask_payment_status
             */
            readonly parsed_intent?: string;
            /**
             * @description Of turns only.
             * @enum {string}
             */
            readonly sender?: "user" | "bot";
            /**
             * Format: uuid
             * @description An id of yours (UUID v4): repeating the request returns the same export.
             */
            readonly export_id?: string;
            /**
             * @description What a row is: a turn, a session, an event, or a conversation for training.
             * @enum {string}
             */
            readonly form: "turns" | "sessions" | "events" | "training";
            /** @enum {string} */
            readonly format: "ndjson" | "csv" | "parquet";
            /**
             * @description For NDJSON and CSV: compress the files.
             * @default false
             */
            readonly gzip?: boolean;
            /**
             * Format: date-time
             * @description Turns at or after this time; sessions, their events and conversations that began at or after it.
             */
            readonly from: string;
        };
        readonly ShownFilterDto: {
            /** Format: date-time */
            readonly from: string;
            /** Format: date-time */
            readonly to?: string;
            /** @example P7689 */
            readonly partner_id?: string;
            /** @example whatsapp */
            readonly channel?: string;
            /** Format: uuid */
            readonly session_id?: string;
            /** @example ask_payment_status */
            readonly parsed_intent?: string;
            /** @enum {string} */
            readonly sender?: "user" | "bot";
        };
        readonly RequesterDto: {
            /** @example analyst */
            readonly role: string;
            /** @example meera */
            readonly subject: string;
        };
        readonly ExportFileDto: {
            /** @example turns-00001-1.ndjson.gz */
            readonly name: string;
            /** @example 50000 */
            readonly rows: number;
            /** @example 9301044 */
            readonly bytes: number;
            /**
             * @description SHA-256 of the file as downloaded.
             * @example 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
             */
            readonly sha256: string;
            /**
             * @example [
             *       "2026-03-01T09:00:00.000000Z",
             *       "0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10",
             *       "4"
             *     ]
             */
            readonly first: readonly string[] | null;
            /**
             * @example [
             *       "2026-03-01T09:00:00.000000Z",
             *       "0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10",
             *       "4"
             *     ]
             */
            readonly last: readonly string[] | null;
        };
        readonly ExportDto: {
            /** Format: uuid */
            readonly export_id: string;
            /**
             * @description `withdrawn`: a partner whose data it held was erased; `expired`: its files are no longer kept. Files are available while it is `running`, once they are complete, and when it is `done`.
             * @enum {string}
             */
            readonly status: "waiting" | "running" | "done" | "failed" | "withdrawn" | "deleted" | "expired";
            /**
             * @description `gave_up`: repeated attempts completed no further file.
             * @example null
             */
            readonly failure: string | null;
            /** @enum {string} */
            readonly form: "turns" | "sessions" | "events" | "training";
            /** @enum {string} */
            readonly format: "ndjson" | "csv" | "parquet";
            readonly gzip: boolean;
            readonly filter: components["schemas"]["ShownFilterDto"];
            /** @description Whether personal values are `[masked]`. */
            readonly masked: boolean;
            /** @example research:12 */
            readonly purpose: string | null;
            readonly requested_by: components["schemas"]["RequesterDto"];
            /** Format: date-time */
            readonly requested_at: string;
            /** Format: date-time */
            readonly finished_at: string | null;
            /**
             * Format: date-time
             * @description It covers what happened before this time, which never changes.
             */
            readonly until: string;
            /**
             * Format: date-time
             * @description The time until which the tables were known to be complete at the request; null: unknown, and rows may be missing.
             */
            readonly projected_until: string | null;
            /** @example 1000000 */
            readonly rows: number;
            /** @example 186020880 */
            readonly bytes: number;
            /**
             * @example [
             *       "ordered_at",
             *       "session_id",
             *       "revision"
             *     ]
             */
            readonly ordered_by: readonly string[];
            /**
             * @description The position of the first row, by `ordered_by`.
             * @example [
             *       "2026-03-01T09:00:00.000000Z",
             *       "0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10",
             *       "4"
             *     ]
             */
            readonly first: readonly string[] | null;
            /**
             * @description The position of the last row, by `ordered_by`.
             * @example [
             *       "2026-03-01T09:00:00.000000Z",
             *       "0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10",
             *       "4"
             *     ]
             */
            readonly last: readonly string[] | null;
            /**
             * @description SHA-256 of the digests of the files in order, as text.
             * @example 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
             */
            readonly sha256: string;
            readonly files: readonly components["schemas"]["ExportFileDto"][];
        };
        readonly ListedExportDto: {
            /** Format: uuid */
            readonly export_id: string;
            /**
             * @description `withdrawn`: a partner whose data it held was erased; `expired`: its files are no longer kept. Files are available while it is `running`, once they are complete, and when it is `done`.
             * @enum {string}
             */
            readonly status: "waiting" | "running" | "done" | "failed" | "withdrawn" | "deleted" | "expired";
            /**
             * @description `gave_up`: repeated attempts completed no further file.
             * @example null
             */
            readonly failure: string | null;
            /** @enum {string} */
            readonly form: "turns" | "sessions" | "events" | "training";
            /** @enum {string} */
            readonly format: "ndjson" | "csv" | "parquet";
            readonly gzip: boolean;
            readonly filter: components["schemas"]["ShownFilterDto"];
            /** @description Whether personal values are `[masked]`. */
            readonly masked: boolean;
            /** @example research:12 */
            readonly purpose: string | null;
            readonly requested_by: components["schemas"]["RequesterDto"];
            /** Format: date-time */
            readonly requested_at: string;
            /** Format: date-time */
            readonly finished_at: string | null;
            /**
             * Format: date-time
             * @description It covers what happened before this time, which never changes.
             */
            readonly until: string;
            /**
             * Format: date-time
             * @description The time until which the tables were known to be complete at the request; null: unknown, and rows may be missing.
             */
            readonly projected_until: string | null;
            /** @example 1000000 */
            readonly rows: number;
            /** @example 186020880 */
            readonly bytes: number;
            /**
             * @example [
             *       "ordered_at",
             *       "session_id",
             *       "revision"
             *     ]
             */
            readonly ordered_by: readonly string[];
        };
        readonly ExportsPageDto: {
            readonly items: readonly components["schemas"]["ListedExportDto"][];
            /** @description Send as `after` for the next page; null at the end. */
            readonly next: string | null;
        };
        readonly TraceNodeDto: {
            /**
             * @description `message`: an update of another system, with the events that recorded it; `request`: a source of an inquiry is asked over Kafka, its answer is below; `acknowledgement`: an agent instance has processed the update; `push`: the owner of the session has not acknowledged it.
             * @enum {string}
             */
            readonly kind: "message" | "event" | "request" | "acknowledgement" | "push";
            /** @example InquiryOpened */
            readonly type: string;
            /** Format: uuid */
            readonly session_id: string | null;
            /** Format: uuid */
            readonly event_id: string | null;
            /** @example 4 */
            readonly revision: number | null;
            /** Format: date-time */
            readonly occurred_at: string;
            /**
             * Format: date-time
             * @description When the event store stored it.
             */
            readonly created: string;
            readonly actor: components["schemas"]["ActorDto"] | null;
            /** @description The id of the message that caused it. */
            readonly causation_id: string | null;
            /**
             * Format: uuid
             * @description For a fork: the session that it was forked from.
             * @example null
             */
            readonly forked_from: string | null;
            /** @description Whether its public form went out on `conversation.events`; null: it has none, or the event store does not say where it is. */
            readonly published: boolean | null;
            /**
             * @description Ids, names and states that identify it; nothing personal.
             * @example {
             *       "inquiry_id": "6fa459ea-ee8a-4ca4-894e-db77e160355e",
             *       "kind": "order_status"
             *     }
             */
            readonly detail: {
                readonly [key: string]: unknown;
            };
            readonly children: readonly components["schemas"]["TraceNodeDto"][];
        };
        readonly TraceDto: {
            /** @example whatsapp-20931 */
            readonly correlation_id: string;
            /** @description The sessions that it reached. */
            readonly session_ids: readonly string[];
            /**
             * @description How many events it has.
             * @example 7
             */
            readonly events: number;
            /** Format: date-time */
            readonly started_at: string;
            /** Format: date-time */
            readonly ended_at: string;
            /** @description Whether there is more than the maximum of 200 sessions, 2,000 events and 2,000 acknowledgements, or a session that cannot be read, so that it is unknown whether the token reaches it. */
            readonly truncated: boolean;
            readonly children: readonly components["schemas"]["TraceNodeDto"][];
        };
        readonly FaultDto: {
            /** @enum {string} */
            readonly kind: "changed" | "moved" | "inserted" | "dropped" | "missing" | "unreadable" | "rewritten" | "removed" | "unchained";
            /** @example 17 */
            readonly revision: number;
            /** @description The last revision, if there are several. */
            readonly to?: number;
            /** @description The original revision of a moved event. */
            readonly belongs_at?: number;
            /** Format: uuid */
            readonly event_id?: string;
            /** @example TurnRecorded */
            readonly type?: string;
            /** @example What was at revisions 17 to 18 is not there any more. */
            readonly detail: string;
        };
        readonly RootFaultDto: {
            /**
             * @description The number of the root.
             * @example 3
             */
            readonly number: number;
            /**
             * @description `unknown_key`: no public key of this server can verify it.
             * @enum {string}
             */
            readonly kind: "signature" | "unknown_key" | "order" | "leaves" | "differs" | "gone";
            /** @example Its signature: invalid. */
            readonly detail: string;
            /** @description The page of its leaves, if only that is faulty. */
            readonly page?: number;
        };
        readonly GapDto: {
            /** @enum {string} */
            readonly kind: "not_chained" | "truncated" | "deleted";
            /** @example 0 */
            readonly from: number;
            /** @example 9 */
            readonly to: number;
            /** @enum {string} */
            readonly reason?: "retention" | "erasure" | "encrypt-history";
        };
        readonly VerificationDto: {
            /** Format: uuid */
            readonly session_id: string;
            /** @description Whether all events are unchanged, as far as that can be proven. False, too, where a signed root that may cover them cannot be verified (`root_faults`). */
            readonly intact: boolean;
            /**
             * @description The number of existing events.
             * @example 42
             */
            readonly events: number;
            /**
             * @description The last revision; -1: there are no events.
             * @example 41
             */
            readonly revision: number;
            /**
             * @description The hash of the whole history.
             * @example 47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU
             */
            readonly chain: string | null;
            /**
             * @description The last revision that a signed root covers.
             * @example 38
             */
            readonly sealed_to: number | null;
            /** @description What was changed. */
            readonly faults: readonly components["schemas"]["FaultDto"][];
            /** @description Faults of signed roots that may cover the session, the first 20. With them alone no event is known to be changed, but a change may be hidden. */
            readonly root_faults: readonly components["schemas"]["RootFaultDto"][];
            /** @description Gaps: parts that cannot be proven, which are not faults. */
            readonly gaps: readonly components["schemas"]["GapDto"][];
        };
        readonly StoredEventDto: {
            /** Format: uuid */
            readonly id: string;
            /** @example TurnRecorded */
            readonly type: string;
            /**
             * Format: byte
             * @description The stored bytes; with keys, encrypted.
             */
            readonly data: string;
            /** Format: byte */
            readonly metadata: string;
        };
        readonly LeafDto: {
            /** @example session-0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10 */
            readonly stream: string;
            /** @example 41 */
            readonly revision: number;
            /** @example 47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU */
            readonly chain: string;
        };
        readonly StepDto: {
            /** @enum {string} */
            readonly side: "left" | "right";
            /** @example 47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU */
            readonly hash: string;
        };
        readonly SignedRootDto: {
            /** @description The signed bytes, as JSON. */
            readonly statement: string;
            /** @description Ed25519, base64url. */
            readonly signature: string | null;
            /** @example q1Jw6r8pQm0bYk2c */
            readonly key_id: string | null;
        };
        readonly ProofDto: {
            /** @example 1 */
            readonly version: number;
            /** @example session-0b8e2c9a-52a1-4c5e-9c53-4a5d0a6c0f10 */
            readonly stream: string;
            /** @example 17 */
            readonly revision: number;
            readonly event: components["schemas"]["StoredEventDto"];
            /**
             * @description The hash of the previous event.
             * @example 47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU
             */
            readonly previous: string;
            /**
             * @description The hash of the content of each later event.
             * @example [
             *       "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
             *     ]
             */
            readonly path: readonly string[];
            readonly leaf: components["schemas"]["LeafDto"];
            /** @description From the leaf to the root. */
            readonly merkle: readonly components["schemas"]["StepDto"][];
            readonly root: components["schemas"]["SignedRootDto"];
        };
        readonly AccessRecordDto: {
            /**
             * @description `system`: a program that an operator ran.
             * @example auditor
             */
            readonly role: string;
            /**
             * @description The subject of the token; for a program, the user.
             * @example asif
             */
            readonly subject: string;
            /** Format: uuid */
            readonly event_id: string;
            /** Format: date-time */
            readonly at: string;
            /**
             * @description Personal data were shown, or an administrator did something.
             * @enum {string}
             */
            readonly kind: "read" | "act";
            /** @example null */
            readonly instance: string | null;
            /** @example read_turns */
            readonly action: string;
            /**
             * @example [
             *       "P7689"
             *     ]
             */
            readonly partner_ids: readonly string[];
            readonly session_ids: readonly string[];
            /**
             * @description The partner of each session, in the same order; null: unknown. No list: all sessions are of the only partner; of several partners, it is unknown whose they are.
             * @example null
             */
            readonly session_partners: readonly (string | null)[] | null;
            /** @example complaint:4711 */
            readonly purpose: string | null;
            /**
             * @description Further details.
             * @example null
             */
            readonly what: string | null;
            /** @description The request’s Correlation-Id, or its trace id. */
            readonly correlation_id: string;
        };
        readonly AccessPageDto: {
            readonly items: readonly components["schemas"]["AccessRecordDto"][];
            /** @description Send as `after` for the next page; null at the end. */
            readonly next: string | null;
        };
        readonly AccessCountDto: {
            /**
             * @description `system`: a program that an operator ran.
             * @example auditor
             */
            readonly role: string;
            /**
             * @description The subject of the token; for a program, the user.
             * @example asif
             */
            readonly subject: string;
            /** @example P7689 */
            readonly partner_id: string;
            /** @example 3 */
            readonly records: number;
            /**
             * @description The number of sessions of the partner; null: unknown, since a record does not say whose its sessions are.
             * @example 2
             */
            readonly sessions: number | null;
            /** Format: date-time */
            readonly first_at: string;
            /** Format: date-time */
            readonly last_at: string;
        };
        readonly AccessSummaryDto: {
            readonly items: readonly components["schemas"]["AccessCountDto"][];
            /** @description Send as `after` for the next page; null at the end. */
            readonly next: string | null;
        };
        readonly TicketDto: {
            /** @description Opens one WebSocket or event stream, as `?ticket=`, on any node. */
            readonly ticket: string;
            /** @example 30 */
            readonly expires_in_s: number;
        };
        readonly RevokeDto: {
            /** @description The id of one token, instead of `subject`. */
            readonly jti?: string;
            /** @description The subject whose tokens are revoked. */
            readonly subject?: string;
            /**
             * Format: date-time
             * @description Only tokens issued before this time; by default before now.
             */
            readonly before?: string;
        };
        readonly DetokeniseDto: {
            /**
             * @example [
             *       "tok_phone_kbdmdopoagkcbnjhaedkcgfl_3210"
             *     ]
             */
            readonly tokens: readonly string[];
            /**
             * @description The purpose of showing the values. It is written to the access log, so it must not be personal.
             * @example refund:4711
             */
            readonly purpose: string;
        };
        readonly TokenValueDto: {
            /** @example tok_phone_kbdmdopoagkcbnjhaedkcgfl_3210 */
            readonly token: string;
            /**
             * @example phone
             * @enum {string}
             */
            readonly type: "card" | "upi" | "account" | "ifsc" | "phone" | "pan" | "aadhaar" | "gstin" | "vehicle" | "email" | "coordinates";
            /**
             * @description In a canonical form for all of its spellings.
             * @example +919876543210
             */
            readonly value: string;
        };
        readonly DetokenisedDto: {
            /** @example P7689 */
            readonly partner_id: string;
            readonly values: readonly components["schemas"]["TokenValueDto"][];
            /**
             * @description Texts that are not tokens of this partner, and tokens whose value was erased.
             * @example []
             */
            readonly unknown: readonly string[];
        };
        readonly ReasonDto: {
            /**
             * @description An identifier of yours. It is kept after the erasure, so it must not be personal.
             * @example ticket:8812
             */
            readonly reason: string;
        };
        readonly LegalHoldDto: {
            /** @example case:2026-114 */
            readonly reason: string;
            /** Format: date-time */
            readonly placed_at: string;
        };
        readonly CheckedStoreDto: {
            /** @example postgresql */
            readonly store: string;
            /** @example conversation_turn */
            readonly what: string;
            /**
             * @description The number of items of the partner that it still has.
             * @example 0
             */
            readonly left: number;
            /** Format: date-time */
            readonly checked_at: string;
        };
        readonly NamedExportDto: {
            /** Format: uuid */
            readonly export_id: string;
            /** @example turns */
            readonly form: string;
            /** Format: date-time */
            readonly requested_at: string;
            /** @example auditor */
            readonly role: string;
            /**
             * @description The subject of the token that requested it.
             * @example meera
             */
            readonly subject: string;
        };
        readonly ErasureReceiptDto: {
            /** Format: uuid */
            readonly receipt_id: string;
            /** Format: uuid */
            readonly erasure_id: string;
            /** @example ticket:8812 */
            readonly reason: string;
            /** Format: date-time */
            readonly requested_at: string;
            /** Format: date-time */
            readonly erased_at: string;
            /**
             * @description Whether it was erased at once, at the announced time, or when the data no longer had to be kept.
             * @enum {string}
             */
            readonly after: "request" | "announcement" | "restriction";
            /** @example 4 */
            readonly sessions: number;
            /** @example 1 */
            readonly keys_destroyed: number;
            /**
             * Format: date
             * @description The day on which the last backup with the partner’s key has expired; null: nothing was encrypted.
             * @example 2026-12-31
             */
            readonly last_key_copy_gone_on: string | null;
            /** @description Each store as it was queried after the erasure. */
            readonly checked: readonly components["schemas"]["CheckedStoreDto"][];
            /** @description The unmasked exports that held data of the partner, newest first, at most 500. Their files are removed; copies that were downloaded before remain with their recipients. */
            readonly exports: readonly components["schemas"]["NamedExportDto"][];
        };
        readonly PartnerErasureDto: {
            /** @example P7689 */
            readonly partner_id: string;
            /** @enum {string} */
            readonly status: "none" | "announced" | "restricted" | "in_progress" | "erased";
            /** @example ticket:8812 */
            readonly reason: string | null;
            /** Format: date-time */
            readonly requested_at: string | null;
            /**
             * Format: date-time
             * @description When an announced erasure begins, or the data no longer have to be kept.
             */
            readonly due_at: string | null;
            readonly hold: components["schemas"]["LegalHoldDto"] | null;
            /** @description The receipt of the last erasure. */
            readonly receipt: components["schemas"]["ErasureReceiptDto"] | null;
        };
        /** @description RFC 9457 problem details. `type` is stable; more members depend on it. */
        readonly Problem: {
            /** Format: uri */
            readonly type: string;
            readonly title: string;
            readonly status: number;
            readonly detail?: string;
            readonly instance?: string;
            readonly trace_id?: string;
            readonly errors?: readonly {
                readonly field: string;
                readonly message: string;
            }[];
            readonly reason?: string;
            readonly expected_revision?: number;
            readonly current_revision?: number;
            readonly retry_safe?: boolean;
            /** @description Where `GET …/events?from_revision=` continues after `events`, which ends at 100 events or 1 MiB; null: `events` is complete. */
            readonly next_revision?: number | null;
            /** @description The current owner of the session. */
            readonly holder?: {
                readonly instance: string | null;
                readonly epoch: number;
                readonly pool: string | null;
                readonly since: string | null;
            };
            readonly revision?: number;
            /** Format: uuid */
            readonly event_id?: string;
            readonly event_type?: string;
            readonly retry_after_s?: number;
            readonly retry_after_ms?: number;
        };
    };
    responses: {
        /** @description The request cannot be understood (`malformed_request`) */
        readonly malformed_request: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description A valid token is needed (`unauthenticated`) */
        readonly unauthenticated: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Pages of that origin may not call this server (`origin_not_allowed`); The token does not allow it (`forbidden`) */
        readonly origin_not_allowed: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The request did not arrive in time (`request_timeout`) */
        readonly request_timeout: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description A part of the address is too long (`uri_too_long`) */
        readonly uri_too_long: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The server is not known by that name (`host_not_allowed`); The session is in another cell (`session_elsewhere`) */
        readonly host_not_allowed: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The caller has more requests in progress than its share (`too_many_requests`); The subject of the token has sent too many requests (`rate_limited`) */
        readonly too_many_requests: {
            headers: {
                /** @description Seconds */
                readonly "Retry-After"?: number;
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The headers are too large (`headers_too_large`) */
        readonly headers_too_large: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Internal server error (`internal_error`) */
        readonly internal_error: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description A backing service is unavailable (`engine_unavailable`); There are more requests than can be answered in time (`overloaded`) */
        readonly engine_unavailable: {
            headers: {
                /** @description Seconds */
                readonly "Retry-After"?: number;
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    readonly timeline: {
        readonly parameters: {
            readonly query?: {
                /** @description At or after this time: for a turn its time, or that of an earlier turn of its session if a clock went back; for a session its start. */
                readonly from?: string;
                /** @description Before this time. */
                readonly to?: string;
                readonly order?: "asc" | "desc";
                readonly limit?: number;
                /** @description The `next` of the previous page. */
                readonly after?: string;
            };
            readonly header?: {
                /** @description `no-cache`: not from a replica. `max-age=5`: at most 5 seconds old. */
                readonly "Cache-Control"?: string;
                /** @description The purpose of showing personal data, such as `complaint:4711`. Auditors and administrators see them only with a purpose, and each such read is recorded. Analysts always see `[masked]`. Agents and services need no purpose. */
                readonly "Access-Purpose"?: string;
            };
            readonly path: {
                /** @description The delivery partner. */
                readonly partner_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            readonly 200: {
                headers: {
                    /** @description `rel="next"`: the next page. `rel="latest"`: where a reader of the newest page continues. */
                    readonly Link?: string;
                    /** @description The age of the answer in seconds. */
                    readonly Age?: number;
                    /** @description The answer has all rows that PostgreSQL had then; it may come from a replica. */
                    readonly "Turnstream-As-Of"?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["TimelinePageDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The page cursor is not valid (`invalid_cursor`); The query takes longer than queries may (`query_too_broad`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            readonly 414: components["responses"]["uri_too_long"];
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            readonly 500: components["responses"]["internal_error"];
            /** @description A backing service is unavailable (`engine_unavailable`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly countTurns: {
        readonly parameters: {
            readonly query?: {
                /** @description At or after this time: for a turn its time, or that of an earlier turn of its session if a clock went back; for a session its start. */
                readonly from?: string;
                /** @description Before this time. */
                readonly to?: string;
                readonly session_id?: string;
                readonly partner_id?: string;
                /** @description For a turn, the channel when it was recorded; for a session, its current one. */
                readonly channel?: "whatsapp" | "ivr" | "mobile_app";
                readonly sender?: "user" | "bot";
                readonly parsed_intent?: string;
                /** @description For a turn, the current goal when it was recorded; for a session, a goal that was set. */
                readonly goal?: string;
                /** @description A flag that was raised in the session. */
                readonly flag?: string;
                /** @description The handoffs of the session; `none`: none was requested. */
                readonly handoff?: "none" | "requested" | "accepted" | "returned";
                /** @description The outcome of an inquiry of the session. */
                readonly inquiry_outcome?: "complete" | "partial" | "failed" | "expired" | "cancelled";
                /** @description The role of the caller that recorded a turn. */
                readonly actor_role?: "agent" | "service" | "human" | "system" | "analyst" | "auditor" | "admin";
                /** @description The subject of the token with which a turn was recorded. */
                readonly actor_id?: string;
                /** @description Forks are left out by default, unless `session_id` is given. */
                readonly forks?: "exclude" | "include" | "only";
                /** @description The dimensions of the counts, separated by commas: day, intent, channel, sender, goal, outcome. */
                readonly by?: string;
                /** @description The time zone whose days are counted: UTC, or a name (IANA) with a region. */
                readonly timezone?: string;
            };
            readonly header?: {
                /** @description `no-cache`: not from a replica. `max-age=5`: at most 5 seconds old. */
                readonly "Cache-Control"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            readonly 200: {
                headers: {
                    /** @description The age of the answer in seconds. */
                    readonly Age?: number;
                    /** @description The answer has all rows that PostgreSQL had then; it may come from a replica. */
                    readonly "Turnstream-As-Of"?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["TurnCountsDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The query takes longer than queries may (`query_too_broad`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            readonly 414: components["responses"]["uri_too_long"];
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            readonly 500: components["responses"]["internal_error"];
            /** @description A backing service is unavailable (`engine_unavailable`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly findJourneys: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description `no-cache`: not from a replica. `max-age=5`: at most 5 seconds old. */
                readonly "Cache-Control"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["JourneySearchDto"];
            };
        };
        readonly responses: {
            readonly 200: {
                headers: {
                    /** @description The age of the answer in seconds. */
                    readonly Age?: number;
                    /** @description The answer has all rows that PostgreSQL had then; it may come from a replica. */
                    readonly "Turnstream-As-Of"?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["JourneysPageDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The body is not valid JSON (`malformed_json`); The page cursor is not valid (`invalid_cursor`); The query takes longer than queries may (`query_too_broad`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            readonly 408: components["responses"]["request_timeout"];
            /** @description The body is too large (`payload_too_large`) */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 414: components["responses"]["uri_too_long"];
            /** @description The body must be application/json (`unsupported_media_type`) */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            readonly 500: components["responses"]["internal_error"];
            /** @description A backing service is unavailable (`engine_unavailable`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly sessions: {
        readonly parameters: {
            readonly query?: {
                /** @description At or after this time: for a turn its time, or that of an earlier turn of its session if a clock went back; for a session its start. */
                readonly from?: string;
                /** @description Before this time. */
                readonly to?: string;
                readonly session_id?: string;
                readonly partner_id?: string;
                /** @description For a turn, the channel when it was recorded; for a session, its current one. */
                readonly channel?: "whatsapp" | "ivr" | "mobile_app";
                readonly sender?: "user" | "bot";
                readonly parsed_intent?: string;
                /** @description For a turn, the current goal when it was recorded; for a session, a goal that was set. */
                readonly goal?: string;
                /** @description A flag that was raised in the session. */
                readonly flag?: string;
                /** @description The handoffs of the session; `none`: none was requested. */
                readonly handoff?: "none" | "requested" | "accepted" | "returned";
                /** @description The outcome of an inquiry of the session. */
                readonly inquiry_outcome?: "complete" | "partial" | "failed" | "expired" | "cancelled";
                /** @description The role of the caller that recorded a turn. */
                readonly actor_role?: "agent" | "service" | "human" | "system" | "analyst" | "auditor" | "admin";
                /** @description The subject of the token with which a turn was recorded. */
                readonly actor_id?: string;
                /** @description Forks are left out by default, unless `session_id` is given. */
                readonly forks?: "exclude" | "include" | "only";
                readonly limit?: number;
                /** @description The token of a personal value in a turn. Search other values with `POST /v1/turns/search`, so that they are in no URL. Needs the right to search, and is recorded as a search. */
                readonly entity?: string;
                /** @description The `next` of the previous page. */
                readonly after?: string;
                readonly status?: "active" | "ended" | "expired";
                /** @description By the begin. */
                readonly order?: "asc" | "desc";
            };
            readonly header?: {
                /** @description `no-cache`: not from a replica. `max-age=5`: at most 5 seconds old. */
                readonly "Cache-Control"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            readonly 200: {
                headers: {
                    /** @description `rel="next"`: the next page. `rel="latest"`: where a reader of the newest page continues. */
                    readonly Link?: string;
                    /** @description The age of the answer in seconds. */
                    readonly Age?: number;
                    /** @description The answer has all rows that PostgreSQL had then; it may come from a replica. */
                    readonly "Turnstream-As-Of"?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["SessionsPageDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The page cursor is not valid (`invalid_cursor`); The query takes longer than queries may (`query_too_broad`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            readonly 414: components["responses"]["uri_too_long"];
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            readonly 500: components["responses"]["internal_error"];
            /** @description A backing service is unavailable (`engine_unavailable`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly start: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description A repeated request with the same key gets the first result and adds nothing: within 24 hours and 10,000 commands of the session, unless the operator set other limits. */
                readonly "Idempotency-Key"?: string;
                /** @description The revision that you have seen, in quotes: `"41"`. The default is the latest revision. */
                readonly "If-Match"?: string;
                /** @description The agent instance that sends the command, if the token allows it; stored in the events’ metadata. */
                readonly "Agent-Id"?: string;
                /** @description The epoch under which the sender owns the session. Once it is replaced its commands are refused (409). */
                readonly "Agent-Epoch"?: string;
                /** @description Stored in the events’ metadata. */
                readonly "Correlation-Id"?: string;
                /** @description W3C trace context, stored in the events’ metadata. */
                readonly traceparent?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["StartSessionDto"];
            };
        };
        readonly responses: {
            /** @description The events are stored, by this request or by an earlier one (`Idempotency-Replayed: true`). */
            readonly 201: {
                headers: {
                    /** @description The revision, in quotes. */
                    readonly ETag?: string;
                    /** @description `true` for a repeated request. */
                    readonly "Idempotency-Replayed"?: string;
                    /** @description `redis`: Redis does not answer; contexts are folded from their streams. */
                    readonly "Turnstream-Degraded"?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["CommandResultDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The body is not valid JSON (`malformed_json`); The If-Match or If-None-Match header is malformed (`malformed_precondition`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            /** @description The session's state does not allow the command (`command_not_allowed`); The agent instance does not own the session (`agent_replaced`) */
            readonly 409: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The session is at another revision (`wrong_expected_revision`) */
            readonly 412: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large (`payload_too_large`) */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 414: components["responses"]["uri_too_long"];
            /** @description The body must be application/json (`unsupported_media_type`) */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 421: components["responses"]["host_not_allowed"];
            /** @description The key was used for another request (`idempotency_key_reused`) */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            /** @description Internal server error (`internal_error`) */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A backing service is unavailable (`engine_unavailable`); The session has an event that cannot be read (`session_set_aside`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly recordTurn: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description A repeated request with the same key gets the first result and adds nothing: within 24 hours and 10,000 commands of the session, unless the operator set other limits. */
                readonly "Idempotency-Key"?: string;
                /** @description The revision that you have seen, in quotes: `"41"`. The default is the latest revision. */
                readonly "If-Match"?: string;
                /** @description The agent instance that sends the command, if the token allows it; stored in the events’ metadata. */
                readonly "Agent-Id"?: string;
                /** @description The epoch under which the sender owns the session. Once it is replaced its commands are refused (409). */
                readonly "Agent-Epoch"?: string;
                /** @description Stored in the events’ metadata. */
                readonly "Correlation-Id"?: string;
                /** @description W3C trace context, stored in the events’ metadata. */
                readonly traceparent?: string;
            };
            readonly path: {
                readonly session_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["RecordTurnDto"];
            };
        };
        readonly responses: {
            /** @description The events are stored, by this request or by an earlier one (`Idempotency-Replayed: true`). */
            readonly 201: {
                headers: {
                    /** @description The revision, in quotes. */
                    readonly ETag?: string;
                    /** @description `true` for a repeated request. */
                    readonly "Idempotency-Replayed"?: string;
                    /** @description `redis`: Redis does not answer; contexts are folded from their streams. */
                    readonly "Turnstream-Degraded"?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["CommandResultDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The body is not valid JSON (`malformed_json`); The If-Match or If-None-Match header is malformed (`malformed_precondition`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            /** @description The session's state does not allow the command (`command_not_allowed`); The agent instance does not own the session (`agent_replaced`) */
            readonly 409: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The session is at another revision (`wrong_expected_revision`) */
            readonly 412: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large (`payload_too_large`) */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 414: components["responses"]["uri_too_long"];
            /** @description The body must be application/json (`unsupported_media_type`) */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 421: components["responses"]["host_not_allowed"];
            /** @description The key was used for another request (`idempotency_key_reused`) */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            /** @description Internal server error (`internal_error`) */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A backing service is unavailable (`engine_unavailable`); The session has an event that cannot be read (`session_set_aside`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly setGoal: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description A repeated request with the same key gets the first result and adds nothing: within 24 hours and 10,000 commands of the session, unless the operator set other limits. */
                readonly "Idempotency-Key"?: string;
                /** @description The revision that you have seen, in quotes: `"41"`. The default is the latest revision. */
                readonly "If-Match"?: string;
                /** @description The agent instance that sends the command, if the token allows it; stored in the events’ metadata. */
                readonly "Agent-Id"?: string;
                /** @description The epoch under which the sender owns the session. Once it is replaced its commands are refused (409). */
                readonly "Agent-Epoch"?: string;
                /** @description Stored in the events’ metadata. */
                readonly "Correlation-Id"?: string;
                /** @description W3C trace context, stored in the events’ metadata. */
                readonly traceparent?: string;
            };
            readonly path: {
                readonly session_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["SetGoalDto"];
            };
        };
        readonly responses: {
            /** @description The events are stored, by this request or by an earlier one (`Idempotency-Replayed: true`). */
            readonly 200: {
                headers: {
                    /** @description The revision, in quotes. */
                    readonly ETag?: string;
                    /** @description `true` for a repeated request. */
                    readonly "Idempotency-Replayed"?: string;
                    /** @description `redis`: Redis does not answer; contexts are folded from their streams. */
                    readonly "Turnstream-Degraded"?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["CommandResultDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The body is not valid JSON (`malformed_json`); The If-Match or If-None-Match header is malformed (`malformed_precondition`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            /** @description The session's state does not allow the command (`command_not_allowed`); The agent instance does not own the session (`agent_replaced`) */
            readonly 409: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The session is at another revision (`wrong_expected_revision`) */
            readonly 412: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large (`payload_too_large`) */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 414: components["responses"]["uri_too_long"];
            /** @description The body must be application/json (`unsupported_media_type`) */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 421: components["responses"]["host_not_allowed"];
            /** @description The key was used for another request (`idempotency_key_reused`) */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            /** @description Internal server error (`internal_error`) */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A backing service is unavailable (`engine_unavailable`); The session has an event that cannot be read (`session_set_aside`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly updateGoal: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description A repeated request with the same key gets the first result and adds nothing: within 24 hours and 10,000 commands of the session, unless the operator set other limits. */
                readonly "Idempotency-Key"?: string;
                /** @description The revision that you have seen, in quotes: `"41"`. The default is the latest revision. */
                readonly "If-Match"?: string;
                /** @description The agent instance that sends the command, if the token allows it; stored in the events’ metadata. */
                readonly "Agent-Id"?: string;
                /** @description The epoch under which the sender owns the session. Once it is replaced its commands are refused (409). */
                readonly "Agent-Epoch"?: string;
                /** @description Stored in the events’ metadata. */
                readonly "Correlation-Id"?: string;
                /** @description W3C trace context, stored in the events’ metadata. */
                readonly traceparent?: string;
            };
            readonly path: {
                readonly session_id: string;
                readonly goal: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["UpdateGoalDto"];
            };
        };
        readonly responses: {
            /** @description The events are stored, by this request or by an earlier one (`Idempotency-Replayed: true`). */
            readonly 200: {
                headers: {
                    /** @description The revision, in quotes. */
                    readonly ETag?: string;
                    /** @description `true` for a repeated request. */
                    readonly "Idempotency-Replayed"?: string;
                    /** @description `redis`: Redis does not answer; contexts are folded from their streams. */
                    readonly "Turnstream-Degraded"?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["CommandResultDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The body is not valid JSON (`malformed_json`); The If-Match or If-None-Match header is malformed (`malformed_precondition`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            /** @description The session's state does not allow the command (`command_not_allowed`); The agent instance does not own the session (`agent_replaced`) */
            readonly 409: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The session is at another revision (`wrong_expected_revision`) */
            readonly 412: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large (`payload_too_large`) */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 414: components["responses"]["uri_too_long"];
            /** @description The body must be application/json (`unsupported_media_type`) */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 421: components["responses"]["host_not_allowed"];
            /** @description The key was used for another request (`idempotency_key_reused`) */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            /** @description Internal server error (`internal_error`) */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A backing service is unavailable (`engine_unavailable`); The session has an event that cannot be read (`session_set_aside`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly raiseFlag: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description A repeated request with the same key gets the first result and adds nothing: within 24 hours and 10,000 commands of the session, unless the operator set other limits. */
                readonly "Idempotency-Key"?: string;
                /** @description The revision that you have seen, in quotes: `"41"`. The default is the latest revision. */
                readonly "If-Match"?: string;
                /** @description The agent instance that sends the command, if the token allows it; stored in the events’ metadata. */
                readonly "Agent-Id"?: string;
                /** @description The epoch under which the sender owns the session. Once it is replaced its commands are refused (409). */
                readonly "Agent-Epoch"?: string;
                /** @description Stored in the events’ metadata. */
                readonly "Correlation-Id"?: string;
                /** @description W3C trace context, stored in the events’ metadata. */
                readonly traceparent?: string;
            };
            readonly path: {
                readonly session_id: string;
                readonly flag: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["RaiseFlagDto"];
            };
        };
        readonly responses: {
            /** @description The events are stored, by this request or by an earlier one (`Idempotency-Replayed: true`). */
            readonly 200: {
                headers: {
                    /** @description The revision, in quotes. */
                    readonly ETag?: string;
                    /** @description `true` for a repeated request. */
                    readonly "Idempotency-Replayed"?: string;
                    /** @description `redis`: Redis does not answer; contexts are folded from their streams. */
                    readonly "Turnstream-Degraded"?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["CommandResultDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The body is not valid JSON (`malformed_json`); The If-Match or If-None-Match header is malformed (`malformed_precondition`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            /** @description The session's state does not allow the command (`command_not_allowed`); The agent instance does not own the session (`agent_replaced`) */
            readonly 409: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The session is at another revision (`wrong_expected_revision`) */
            readonly 412: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large (`payload_too_large`) */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 414: components["responses"]["uri_too_long"];
            /** @description The body must be application/json (`unsupported_media_type`) */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 421: components["responses"]["host_not_allowed"];
            /** @description The key was used for another request (`idempotency_key_reused`) */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            /** @description Internal server error (`internal_error`) */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A backing service is unavailable (`engine_unavailable`); The session has an event that cannot be read (`session_set_aside`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly clearFlag: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description A repeated request with the same key gets the first result and adds nothing: within 24 hours and 10,000 commands of the session, unless the operator set other limits. */
                readonly "Idempotency-Key"?: string;
                /** @description The revision that you have seen, in quotes: `"41"`. The default is the latest revision. */
                readonly "If-Match"?: string;
                /** @description The agent instance that sends the command, if the token allows it; stored in the events’ metadata. */
                readonly "Agent-Id"?: string;
                /** @description The epoch under which the sender owns the session. Once it is replaced its commands are refused (409). */
                readonly "Agent-Epoch"?: string;
                /** @description Stored in the events’ metadata. */
                readonly "Correlation-Id"?: string;
                /** @description W3C trace context, stored in the events’ metadata. */
                readonly traceparent?: string;
            };
            readonly path: {
                readonly session_id: string;
                readonly flag: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The events are stored, by this request or by an earlier one (`Idempotency-Replayed: true`). */
            readonly 200: {
                headers: {
                    /** @description The revision, in quotes. */
                    readonly ETag?: string;
                    /** @description `true` for a repeated request. */
                    readonly "Idempotency-Replayed"?: string;
                    /** @description `redis`: Redis does not answer; contexts are folded from their streams. */
                    readonly "Turnstream-Degraded"?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["CommandResultDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The body is not valid JSON (`malformed_json`); The If-Match or If-None-Match header is malformed (`malformed_precondition`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            /** @description The session's state does not allow the command (`command_not_allowed`); The agent instance does not own the session (`agent_replaced`) */
            readonly 409: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The session is at another revision (`wrong_expected_revision`) */
            readonly 412: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large (`payload_too_large`) */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 414: components["responses"]["uri_too_long"];
            /** @description The body must be application/json (`unsupported_media_type`) */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 421: components["responses"]["host_not_allowed"];
            /** @description The key was used for another request (`idempotency_key_reused`) */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            /** @description Internal server error (`internal_error`) */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A backing service is unavailable (`engine_unavailable`); The session has an event that cannot be read (`session_set_aside`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly switchChannel: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description A repeated request with the same key gets the first result and adds nothing: within 24 hours and 10,000 commands of the session, unless the operator set other limits. */
                readonly "Idempotency-Key"?: string;
                /** @description The revision that you have seen, in quotes: `"41"`. The default is the latest revision. */
                readonly "If-Match"?: string;
                /** @description The agent instance that sends the command, if the token allows it; stored in the events’ metadata. */
                readonly "Agent-Id"?: string;
                /** @description The epoch under which the sender owns the session. Once it is replaced its commands are refused (409). */
                readonly "Agent-Epoch"?: string;
                /** @description Stored in the events’ metadata. */
                readonly "Correlation-Id"?: string;
                /** @description W3C trace context, stored in the events’ metadata. */
                readonly traceparent?: string;
            };
            readonly path: {
                readonly session_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["SwitchChannelDto"];
            };
        };
        readonly responses: {
            /** @description The events are stored, by this request or by an earlier one (`Idempotency-Replayed: true`). */
            readonly 200: {
                headers: {
                    /** @description The revision, in quotes. */
                    readonly ETag?: string;
                    /** @description `true` for a repeated request. */
                    readonly "Idempotency-Replayed"?: string;
                    /** @description `redis`: Redis does not answer; contexts are folded from their streams. */
                    readonly "Turnstream-Degraded"?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["CommandResultDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The body is not valid JSON (`malformed_json`); The If-Match or If-None-Match header is malformed (`malformed_precondition`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            /** @description The session's state does not allow the command (`command_not_allowed`); The agent instance does not own the session (`agent_replaced`) */
            readonly 409: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The session is at another revision (`wrong_expected_revision`) */
            readonly 412: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large (`payload_too_large`) */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 414: components["responses"]["uri_too_long"];
            /** @description The body must be application/json (`unsupported_media_type`) */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 421: components["responses"]["host_not_allowed"];
            /** @description The key was used for another request (`idempotency_key_reused`) */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            /** @description Internal server error (`internal_error`) */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A backing service is unavailable (`engine_unavailable`); The session has an event that cannot be read (`session_set_aside`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly changePreferences: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description A repeated request with the same key gets the first result and adds nothing: within 24 hours and 10,000 commands of the session, unless the operator set other limits. */
                readonly "Idempotency-Key"?: string;
                /** @description The revision that you have seen, in quotes: `"41"`. The default is the latest revision. */
                readonly "If-Match"?: string;
                /** @description The agent instance that sends the command, if the token allows it; stored in the events’ metadata. */
                readonly "Agent-Id"?: string;
                /** @description The epoch under which the sender owns the session. Once it is replaced its commands are refused (409). */
                readonly "Agent-Epoch"?: string;
                /** @description Stored in the events’ metadata. */
                readonly "Correlation-Id"?: string;
                /** @description W3C trace context, stored in the events’ metadata. */
                readonly traceparent?: string;
            };
            readonly path: {
                readonly session_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["ChangePreferencesDto"];
            };
        };
        readonly responses: {
            /** @description The events are stored, by this request or by an earlier one (`Idempotency-Replayed: true`). */
            readonly 200: {
                headers: {
                    /** @description The revision, in quotes. */
                    readonly ETag?: string;
                    /** @description `true` for a repeated request. */
                    readonly "Idempotency-Replayed"?: string;
                    /** @description `redis`: Redis does not answer; contexts are folded from their streams. */
                    readonly "Turnstream-Degraded"?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["CommandResultDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The body is not valid JSON (`malformed_json`); The If-Match or If-None-Match header is malformed (`malformed_precondition`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            /** @description The session's state does not allow the command (`command_not_allowed`); The agent instance does not own the session (`agent_replaced`) */
            readonly 409: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The session is at another revision (`wrong_expected_revision`) */
            readonly 412: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large (`payload_too_large`) */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 414: components["responses"]["uri_too_long"];
            /** @description The body must be application/json (`unsupported_media_type`) */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 421: components["responses"]["host_not_allowed"];
            /** @description The key was used for another request (`idempotency_key_reused`) */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            /** @description Internal server error (`internal_error`) */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A backing service is unavailable (`engine_unavailable`); The session has an event that cannot be read (`session_set_aside`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly handoff: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description A repeated request with the same key gets the first result and adds nothing: within 24 hours and 10,000 commands of the session, unless the operator set other limits. */
                readonly "Idempotency-Key"?: string;
                /** @description The revision that you have seen, in quotes: `"41"`. The default is the latest revision. */
                readonly "If-Match"?: string;
                /** @description The agent instance that sends the command, if the token allows it; stored in the events’ metadata. */
                readonly "Agent-Id"?: string;
                /** @description The epoch under which the sender owns the session. Once it is replaced its commands are refused (409). */
                readonly "Agent-Epoch"?: string;
                /** @description Stored in the events’ metadata. */
                readonly "Correlation-Id"?: string;
                /** @description W3C trace context, stored in the events’ metadata. */
                readonly traceparent?: string;
            };
            readonly path: {
                readonly session_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["HandoffDto"];
            };
        };
        readonly responses: {
            /** @description The events are stored, by this request or by an earlier one (`Idempotency-Replayed: true`). */
            readonly 200: {
                headers: {
                    /** @description The revision, in quotes. */
                    readonly ETag?: string;
                    /** @description `true` for a repeated request. */
                    readonly "Idempotency-Replayed"?: string;
                    /** @description `redis`: Redis does not answer; contexts are folded from their streams. */
                    readonly "Turnstream-Degraded"?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["CommandResultDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The body is not valid JSON (`malformed_json`); The If-Match or If-None-Match header is malformed (`malformed_precondition`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            /** @description The session's state does not allow the command (`command_not_allowed`); The agent instance does not own the session (`agent_replaced`) */
            readonly 409: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The session is at another revision (`wrong_expected_revision`) */
            readonly 412: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large (`payload_too_large`) */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 414: components["responses"]["uri_too_long"];
            /** @description The body must be application/json (`unsupported_media_type`) */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 421: components["responses"]["host_not_allowed"];
            /** @description The key was used for another request (`idempotency_key_reused`) */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            /** @description Internal server error (`internal_error`) */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A backing service is unavailable (`engine_unavailable`); The session has an event that cannot be read (`session_set_aside`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly externalUpdate: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description A repeated request with the same key gets the first result and adds nothing: within 24 hours and 10,000 commands of the session, unless the operator set other limits. */
                readonly "Idempotency-Key"?: string;
                /** @description The revision that you have seen, in quotes: `"41"`. The default is the latest revision. */
                readonly "If-Match"?: string;
                /** @description The agent instance that sends the command, if the token allows it; stored in the events’ metadata. */
                readonly "Agent-Id"?: string;
                /** @description The epoch under which the sender owns the session. Once it is replaced its commands are refused (409). */
                readonly "Agent-Epoch"?: string;
                /** @description Stored in the events’ metadata. */
                readonly "Correlation-Id"?: string;
                /** @description W3C trace context, stored in the events’ metadata. */
                readonly traceparent?: string;
            };
            readonly path: {
                readonly session_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["ExternalUpdateDto"];
            };
        };
        readonly responses: {
            /** @description The events are stored, by this request or by an earlier one (`Idempotency-Replayed: true`). */
            readonly 201: {
                headers: {
                    /** @description The revision, in quotes. */
                    readonly ETag?: string;
                    /** @description `true` for a repeated request. */
                    readonly "Idempotency-Replayed"?: string;
                    /** @description `redis`: Redis does not answer; contexts are folded from their streams. */
                    readonly "Turnstream-Degraded"?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["CommandResultDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The body is not valid JSON (`malformed_json`); The If-Match or If-None-Match header is malformed (`malformed_precondition`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            /** @description The session's state does not allow the command (`command_not_allowed`); The agent instance does not own the session (`agent_replaced`) */
            readonly 409: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The session is at another revision (`wrong_expected_revision`) */
            readonly 412: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large (`payload_too_large`) */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 414: components["responses"]["uri_too_long"];
            /** @description The body must be application/json (`unsupported_media_type`) */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 421: components["responses"]["host_not_allowed"];
            /** @description The key was used for another request (`idempotency_key_reused`) */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            /** @description Internal server error (`internal_error`) */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A backing service is unavailable (`engine_unavailable`); The session has an event that cannot be read (`session_set_aside`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly end: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description A repeated request with the same key gets the first result and adds nothing: within 24 hours and 10,000 commands of the session, unless the operator set other limits. */
                readonly "Idempotency-Key"?: string;
                /** @description The revision that you have seen, in quotes: `"41"`. The default is the latest revision. */
                readonly "If-Match"?: string;
                /** @description The agent instance that sends the command, if the token allows it; stored in the events’ metadata. */
                readonly "Agent-Id"?: string;
                /** @description The epoch under which the sender owns the session. Once it is replaced its commands are refused (409). */
                readonly "Agent-Epoch"?: string;
                /** @description Stored in the events’ metadata. */
                readonly "Correlation-Id"?: string;
                /** @description W3C trace context, stored in the events’ metadata. */
                readonly traceparent?: string;
            };
            readonly path: {
                readonly session_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["EndSessionDto"];
            };
        };
        readonly responses: {
            /** @description The events are stored, by this request or by an earlier one (`Idempotency-Replayed: true`). */
            readonly 200: {
                headers: {
                    /** @description The revision, in quotes. */
                    readonly ETag?: string;
                    /** @description `true` for a repeated request. */
                    readonly "Idempotency-Replayed"?: string;
                    /** @description `redis`: Redis does not answer; contexts are folded from their streams. */
                    readonly "Turnstream-Degraded"?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["CommandResultDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The body is not valid JSON (`malformed_json`); The If-Match or If-None-Match header is malformed (`malformed_precondition`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            /** @description The session's state does not allow the command (`command_not_allowed`); The agent instance does not own the session (`agent_replaced`) */
            readonly 409: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The session is at another revision (`wrong_expected_revision`) */
            readonly 412: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large (`payload_too_large`) */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 414: components["responses"]["uri_too_long"];
            /** @description The body must be application/json (`unsupported_media_type`) */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 421: components["responses"]["host_not_allowed"];
            /** @description The key was used for another request (`idempotency_key_reused`) */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            /** @description Internal server error (`internal_error`) */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A backing service is unavailable (`engine_unavailable`); The session has an event that cannot be read (`session_set_aside`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly several: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description A repeated request with the same key gets the first result and adds nothing: within 24 hours and 10,000 commands of the session, unless the operator set other limits. */
                readonly "Idempotency-Key"?: string;
                /** @description The revision that you have seen, in quotes: `"41"`. The default is the latest revision. */
                readonly "If-Match"?: string;
                /** @description The agent instance that sends the command, if the token allows it; stored in the events’ metadata. */
                readonly "Agent-Id"?: string;
                /** @description The epoch under which the sender owns the session. Once it is replaced its commands are refused (409). */
                readonly "Agent-Epoch"?: string;
                /** @description Stored in the events’ metadata. */
                readonly "Correlation-Id"?: string;
                /** @description W3C trace context, stored in the events’ metadata. */
                readonly traceparent?: string;
            };
            readonly path: {
                readonly session_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["CommandsDto"];
            };
        };
        readonly responses: {
            /** @description The events are stored, by this request or by an earlier one (`Idempotency-Replayed: true`). */
            readonly 200: {
                headers: {
                    /** @description The revision, in quotes. */
                    readonly ETag?: string;
                    /** @description `true` for a repeated request. */
                    readonly "Idempotency-Replayed"?: string;
                    /** @description `redis`: Redis does not answer; contexts are folded from their streams. */
                    readonly "Turnstream-Degraded"?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["CommandResultDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The body is not valid JSON (`malformed_json`); The If-Match or If-None-Match header is malformed (`malformed_precondition`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            /** @description The session's state does not allow the command (`command_not_allowed`); The agent instance does not own the session (`agent_replaced`) */
            readonly 409: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The session is at another revision (`wrong_expected_revision`) */
            readonly 412: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large (`payload_too_large`) */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 414: components["responses"]["uri_too_long"];
            /** @description The body must be application/json (`unsupported_media_type`) */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 421: components["responses"]["host_not_allowed"];
            /** @description The key was used for another request (`idempotency_key_reused`) */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            /** @description Internal server error (`internal_error`) */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A backing service is unavailable (`engine_unavailable`); The session has an event that cannot be read (`session_set_aside`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly resumeOrStart: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The agent instance that sends the command, if the token allows it; stored in the events’ metadata. */
                readonly "Agent-Id"?: string;
                /** @description Stored in the events’ metadata. */
                readonly "Correlation-Id"?: string;
                /** @description W3C trace context, stored in the events’ metadata. */
                readonly traceparent?: string;
            };
            readonly path: {
                /** @description The delivery partner. */
                readonly partner_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["ResumeOrStartDto"];
            };
        };
        readonly responses: {
            /** @description The session was active and is resumed. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["PartnerSessionDto"];
                };
            };
            /** @description No session was active; this one is new. */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["PartnerSessionDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The body is not valid JSON (`malformed_json`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            readonly 408: components["responses"]["request_timeout"];
            /** @description The body is too large (`payload_too_large`) */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 414: components["responses"]["uri_too_long"];
            /** @description The body must be application/json (`unsupported_media_type`) */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            /** @description Internal server error (`internal_error`) */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A backing service is unavailable (`engine_unavailable`); The session has an event that cannot be read (`session_set_aside`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly forkSession: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description A repeated request with the same key gets the first result and adds nothing: within 24 hours and 10,000 commands of the session, unless the operator set other limits. */
                readonly "Idempotency-Key"?: string;
                /** @description The revision that you have seen, in quotes: `"41"`. The default is the latest revision. */
                readonly "If-Match"?: string;
                /** @description The agent instance that sends the command, if the token allows it; stored in the events’ metadata. */
                readonly "Agent-Id"?: string;
                /** @description The epoch under which the sender owns the session. Once it is replaced its commands are refused (409). */
                readonly "Agent-Epoch"?: string;
                /** @description Stored in the events’ metadata. */
                readonly "Correlation-Id"?: string;
                /** @description W3C trace context, stored in the events’ metadata. */
                readonly traceparent?: string;
            };
            readonly path: {
                readonly session_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["ForkDto"];
            };
        };
        readonly responses: {
            /** @description The events are stored, by this request or by an earlier one (`Idempotency-Replayed: true`). */
            readonly 201: {
                headers: {
                    /** @description The revision, in quotes. */
                    readonly ETag?: string;
                    /** @description `true` for a repeated request. */
                    readonly "Idempotency-Replayed"?: string;
                    /** @description `redis`: Redis does not answer; contexts are folded from their streams. */
                    readonly "Turnstream-Degraded"?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["CommandResultDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The body is not valid JSON (`malformed_json`); The If-Match or If-None-Match header is malformed (`malformed_precondition`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            /** @description The session's state does not allow the command (`command_not_allowed`); The agent instance does not own the session (`agent_replaced`) */
            readonly 409: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description That part of the history is deleted (`history_gone`) */
            readonly 410: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The session is at another revision (`wrong_expected_revision`) */
            readonly 412: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large (`payload_too_large`) */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 414: components["responses"]["uri_too_long"];
            /** @description The body must be application/json (`unsupported_media_type`) */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 421: components["responses"]["host_not_allowed"];
            /** @description The key was used for another request (`idempotency_key_reused`) */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            /** @description Internal server error (`internal_error`) */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A backing service is unavailable (`engine_unavailable`); The session has an event that cannot be read (`session_set_aside`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly openInquiry: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description A repeated request with the same key gets the first result and adds nothing: within 24 hours and 10,000 commands of the session, unless the operator set other limits. */
                readonly "Idempotency-Key"?: string;
                /** @description The revision that you have seen, in quotes: `"41"`. The default is the latest revision. */
                readonly "If-Match"?: string;
                /** @description The agent instance that sends the command, if the token allows it; stored in the events’ metadata. */
                readonly "Agent-Id"?: string;
                /** @description The epoch under which the sender owns the session. Once it is replaced its commands are refused (409). */
                readonly "Agent-Epoch"?: string;
                /** @description Stored in the events’ metadata. */
                readonly "Correlation-Id"?: string;
                /** @description W3C trace context, stored in the events’ metadata. */
                readonly traceparent?: string;
            };
            readonly path: {
                readonly session_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["OpenInquiryDto"];
            };
        };
        readonly responses: {
            /** @description The inquiry is open. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["InquiryAcceptedDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The body is not valid JSON (`malformed_json`); The If-Match or If-None-Match header is malformed (`malformed_precondition`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            /** @description It belongs to another partner (`foreign_reference`); Pages of that origin may not call this server (`origin_not_allowed`); The token does not allow it (`forbidden`) */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            /** @description The session's state does not allow the command (`command_not_allowed`); The agent instance does not own the session (`agent_replaced`) */
            readonly 409: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The session is at another revision (`wrong_expected_revision`) */
            readonly 412: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large (`payload_too_large`) */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 414: components["responses"]["uri_too_long"];
            /** @description The body must be application/json (`unsupported_media_type`) */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 421: components["responses"]["host_not_allowed"];
            /** @description The key was used for another request (`idempotency_key_reused`) */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            /** @description Internal server error (`internal_error`) */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A backing service is unavailable (`engine_unavailable`); The session has an event that cannot be read (`session_set_aside`); This system runs without Kafka, so nobody can be asked (`inquiries_off`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getInquiry: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The purpose of showing personal data, such as `complaint:4711`. Auditors and administrators see them only with a purpose, and each such read is recorded. Analysts always see `[masked]`. Agents and services need no purpose. */
                readonly "Access-Purpose"?: string;
            };
            readonly path: {
                readonly session_id: string;
                readonly inquiry_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["InquiryDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            readonly 414: components["responses"]["uri_too_long"];
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            /** @description Internal server error (`internal_error`) */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A backing service is unavailable (`engine_unavailable`); The session has an event that cannot be read (`session_set_aside`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly cancelInquiry: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description A repeated request with the same key gets the first result and adds nothing: within 24 hours and 10,000 commands of the session, unless the operator set other limits. */
                readonly "Idempotency-Key"?: string;
                /** @description The revision that you have seen, in quotes: `"41"`. The default is the latest revision. */
                readonly "If-Match"?: string;
                /** @description The agent instance that sends the command, if the token allows it; stored in the events’ metadata. */
                readonly "Agent-Id"?: string;
                /** @description The epoch under which the sender owns the session. Once it is replaced its commands are refused (409). */
                readonly "Agent-Epoch"?: string;
                /** @description Stored in the events’ metadata. */
                readonly "Correlation-Id"?: string;
                /** @description W3C trace context, stored in the events’ metadata. */
                readonly traceparent?: string;
            };
            readonly path: {
                readonly session_id: string;
                readonly inquiry_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The events are stored, by this request or by an earlier one (`Idempotency-Replayed: true`). */
            readonly 200: {
                headers: {
                    /** @description The revision, in quotes. */
                    readonly ETag?: string;
                    /** @description `true` for a repeated request. */
                    readonly "Idempotency-Replayed"?: string;
                    /** @description `redis`: Redis does not answer; contexts are folded from their streams. */
                    readonly "Turnstream-Degraded"?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["CommandResultDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The body is not valid JSON (`malformed_json`); The If-Match or If-None-Match header is malformed (`malformed_precondition`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            /** @description The session's state does not allow the command (`command_not_allowed`); The agent instance does not own the session (`agent_replaced`) */
            readonly 409: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The session is at another revision (`wrong_expected_revision`) */
            readonly 412: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large (`payload_too_large`) */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 414: components["responses"]["uri_too_long"];
            /** @description The body must be application/json (`unsupported_media_type`) */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 421: components["responses"]["host_not_allowed"];
            /** @description The key was used for another request (`idempotency_key_reused`) */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            /** @description Internal server error (`internal_error`) */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A backing service is unavailable (`engine_unavailable`); The session has an event that cannot be read (`session_set_aside`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly getInquiryTimeline: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The purpose of showing personal data, such as `complaint:4711`. Auditors and administrators see them only with a purpose, and each such read is recorded. Analysts always see `[masked]`. Agents and services need no purpose. */
                readonly "Access-Purpose"?: string;
            };
            readonly path: {
                readonly session_id: string;
                readonly inquiry_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["InquiryTimelineDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            readonly 414: components["responses"]["uri_too_long"];
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            /** @description Internal server error (`internal_error`) */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A backing service is unavailable (`engine_unavailable`); The session has an event that cannot be read (`session_set_aside`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly context: {
        readonly parameters: {
            readonly query?: {
                /** @description The minimum revision of the answer. Missing events are folded for it. */
                readonly min_revision?: number;
                /** @description With 1, the answer says which event set each field. */
                readonly explain?: "1";
                /** @description The past context at this revision, from exactly the events up to it. */
                readonly at_revision?: number;
                /** @description The past context at this time: that of the last event stored by then. */
                readonly at?: string;
            };
            readonly header?: {
                /** @description The revision you have, in quotes. */
                readonly "If-None-Match"?: string;
                /** @description The purpose of showing personal data, such as `complaint:4711`. Auditors and administrators see them only with a purpose, and each such read is recorded. Analysts always see `[masked]`. Agents and services need no purpose. */
                readonly "Access-Purpose"?: string;
            };
            readonly path: {
                readonly session_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            readonly 200: {
                headers: {
                    /** @description The revision, in quotes. */
                    readonly ETag?: string;
                    /** @description `redis`: Redis does not answer; contexts are folded from their streams. */
                    readonly "Turnstream-Degraded"?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["ContextDto"];
                };
            };
            /** @description The context is still at the revision of If-None-Match. */
            readonly 304: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is not valid (`validation_failed`); The If-Match or If-None-Match header is malformed (`malformed_precondition`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            /** @description That part of the history is deleted (`history_gone`) */
            readonly 410: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The session is at another revision (`wrong_expected_revision`) */
            readonly 412: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 414: components["responses"]["uri_too_long"];
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            readonly 500: components["responses"]["internal_error"];
            /** @description A backing service is unavailable (`engine_unavailable`); The session has an event that cannot be read (`session_set_aside`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly contextDiff: {
        readonly parameters: {
            readonly query?: {
                /** @description The revision of the older context; -1: before the session began. */
                readonly from?: number;
                /** @description The revision of the newer context; by default the last one. */
                readonly to?: number;
                /** @description A time, instead of `from`. */
                readonly from_at?: string;
                /** @description A time, instead of `to`. */
                readonly to_at?: string;
            };
            readonly header?: {
                /** @description The purpose of showing personal data, such as `complaint:4711`. Auditors and administrators see them only with a purpose, and each such read is recorded. Analysts always see `[masked]`. Agents and services need no purpose. */
                readonly "Access-Purpose"?: string;
            };
            readonly path: {
                readonly session_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["ContextDiffDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            /** @description That part of the history is deleted (`history_gone`) */
            readonly 410: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The session is at another revision (`wrong_expected_revision`) */
            readonly 412: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 414: components["responses"]["uri_too_long"];
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            readonly 500: components["responses"]["internal_error"];
            /** @description A backing service is unavailable (`engine_unavailable`); The session has an event that cannot be read (`session_set_aside`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly events: {
        readonly parameters: {
            readonly query?: {
                /** @description The revision to start at; by default 0 forwards, the last one backwards. */
                readonly from_revision?: number;
                /** @description The revision to end at, included. */
                readonly to_revision?: number;
                readonly direction?: "forwards" | "backwards";
                /** @description Only events of these types: names separated by commas, at most 50. */
                readonly type?: string;
                /** @description The maximum number of events; by default 100 for a JSON page, all for a stream. */
                readonly limit?: number;
                /** @description For `text/event-stream`: the speed as a multiple of the recorded pace; 0: at once. The pause between two events is at most 10 s. */
                readonly speed?: number;
                /** @description For `text/event-stream`, forwards: with 1 it continues with new events. */
                readonly follow?: "1";
            };
            readonly header?: {
                /** @description For `text/event-stream`: the revision after which to resume, in the direction of reading. */
                readonly "Last-Event-ID"?: string;
                /** @description The purpose of showing personal data, such as `complaint:4711`. Auditors and administrators see them only with a purpose, and each such read is recorded. Analysts always see `[masked]`. Agents and services need no purpose. */
                readonly "Access-Purpose"?: string;
            };
            readonly path: {
                readonly session_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description A page, or all events. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["EventsPageDto"];
                    readonly "application/x-ndjson": string;
                    readonly "text/event-stream": string;
                };
            };
            /** @description The request is not valid (`validation_failed`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            readonly 414: components["responses"]["uri_too_long"];
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            readonly 500: components["responses"]["internal_error"];
            /** @description A backing service is unavailable (`engine_unavailable`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly session: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The revision you have, in quotes. */
                readonly "If-None-Match"?: string;
            };
            readonly path: {
                readonly session_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            readonly 200: {
                headers: {
                    /** @description The revision, in quotes. */
                    readonly ETag?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["SessionDto"];
                };
            };
            /** @description The session is still at the revision of If-None-Match. */
            readonly 304: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is not valid (`validation_failed`); The If-Match or If-None-Match header is malformed (`malformed_precondition`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            readonly 414: components["responses"]["uri_too_long"];
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            readonly 500: components["responses"]["internal_error"];
            /** @description A backing service is unavailable (`engine_unavailable`); The session has an event that cannot be read (`session_set_aside`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly turns: {
        readonly parameters: {
            readonly query?: {
                /** @description At or after this time: for a turn its time, or that of an earlier turn of its session if a clock went back; for a session its start. */
                readonly from?: string;
                /** @description Before this time. */
                readonly to?: string;
                readonly session_id?: string;
                readonly partner_id?: string;
                /** @description For a turn, the channel when it was recorded; for a session, its current one. */
                readonly channel?: "whatsapp" | "ivr" | "mobile_app";
                readonly sender?: "user" | "bot";
                readonly parsed_intent?: string;
                /** @description For a turn, the current goal when it was recorded; for a session, a goal that was set. */
                readonly goal?: string;
                /** @description A flag that was raised in the session. */
                readonly flag?: string;
                /** @description The handoffs of the session; `none`: none was requested. */
                readonly handoff?: "none" | "requested" | "accepted" | "returned";
                /** @description The outcome of an inquiry of the session. */
                readonly inquiry_outcome?: "complete" | "partial" | "failed" | "expired" | "cancelled";
                /** @description The role of the caller that recorded a turn. */
                readonly actor_role?: "agent" | "service" | "human" | "system" | "analyst" | "auditor" | "admin";
                /** @description The subject of the token with which a turn was recorded. */
                readonly actor_id?: string;
                /** @description Forks are left out by default, unless `session_id` is given. */
                readonly forks?: "exclude" | "include" | "only";
                readonly limit?: number;
                /** @description The token of a personal value in a turn. Search other values with `POST /v1/turns/search`, so that they are in no URL. Needs the right to search, and is recorded as a search. */
                readonly entity?: string;
                /** @description The `next` of the previous page. */
                readonly after?: string;
                /** @description By time; or `recorded`: in the order in which they became visible, for followers, starting with the `rel="latest"` of the newest page. */
                readonly order?: "asc" | "desc" | "recorded";
            };
            readonly header?: {
                /** @description `no-cache`: not from a replica. `max-age=5`: at most 5 seconds old. */
                readonly "Cache-Control"?: string;
                /** @description The purpose of showing personal data, such as `complaint:4711`. Auditors and administrators see them only with a purpose, and each such read is recorded. Analysts always see `[masked]`. Agents and services need no purpose. */
                readonly "Access-Purpose"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            readonly 200: {
                headers: {
                    /** @description `rel="next"`: the next page. `rel="latest"`: where a reader of the newest page continues. */
                    readonly Link?: string;
                    /** @description The age of the answer in seconds. */
                    readonly Age?: number;
                    /** @description The answer has all rows that PostgreSQL had then; it may come from a replica. */
                    readonly "Turnstream-As-Of"?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["TurnsPageDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The page cursor is not valid (`invalid_cursor`); The query takes longer than queries may (`query_too_broad`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            readonly 414: components["responses"]["uri_too_long"];
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            readonly 500: components["responses"]["internal_error"];
            /** @description A backing service is unavailable (`engine_unavailable`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly searchTurns: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description `no-cache`: not from a replica. `max-age=5`: at most 5 seconds old. */
                readonly "Cache-Control"?: string;
                /** @description The purpose of showing personal data, such as `complaint:4711`. Auditors and administrators see them only with a purpose, and each such read is recorded. Analysts always see `[masked]`. Agents and services need no purpose. */
                readonly "Access-Purpose"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["TurnSearchDto"];
            };
        };
        readonly responses: {
            readonly 200: {
                headers: {
                    /** @description The age of the answer in seconds. */
                    readonly Age?: number;
                    /** @description The answer has all rows that PostgreSQL had then; it may come from a replica. */
                    readonly "Turnstream-As-Of"?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["TurnsPageDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The body is not valid JSON (`malformed_json`); The page cursor is not valid (`invalid_cursor`); The query takes longer than queries may (`query_too_broad`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            /** @description The body is too large (`payload_too_large`) */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 414: components["responses"]["uri_too_long"];
            /** @description The body must be application/json (`unsupported_media_type`) */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            readonly 500: components["responses"]["internal_error"];
            /** @description A backing service is unavailable (`engine_unavailable`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly agents: {
        readonly parameters: {
            readonly query?: {
                /** @description Only the instances of this pool. */
                readonly pool?: string;
                readonly limit?: number;
                /** @description The `next` of the previous page. */
                readonly after?: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["AgentsDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The page cursor is not valid (`invalid_cursor`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            readonly 408: components["responses"]["request_timeout"];
            readonly 414: components["responses"]["uri_too_long"];
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            readonly 500: components["responses"]["internal_error"];
            /** @description A backing service is unavailable (`engine_unavailable`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly sessionAgent: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly session_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["SessionAgentDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            readonly 414: components["responses"]["uri_too_long"];
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            readonly 500: components["responses"]["internal_error"];
            /** @description A backing service is unavailable (`engine_unavailable`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly stream: {
        readonly parameters: {
            readonly query?: {
                /** @description Begin after this revision (-1: at the start). By default the stream begins with new events. */
                readonly after?: number;
                /** @description A ticket from POST /v1/tickets, for browsers, instead of a token. */
                readonly ticket?: string;
            };
            readonly header?: {
                /** @description Resume after this revision. */
                readonly "Last-Event-ID"?: string;
            };
            readonly path: {
                readonly session_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Each event with its revision as id, its type as event, and itself as JSON in data. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "text/event-stream": string;
                };
            };
            /** @description The request is not valid (`validation_failed`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            /** @description The token does not allow it (`forbidden`); Pages of that origin may not call this server (`origin_not_allowed`) */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            readonly 414: components["responses"]["uri_too_long"];
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            readonly 500: components["responses"]["internal_error"];
            /** @description A backing service is unavailable (`engine_unavailable`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listExports: {
        readonly parameters: {
            readonly query?: {
                readonly limit?: number;
                /** @description The `next` of the previous page. */
                readonly after?: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["ExportsPageDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The page cursor is not valid (`invalid_cursor`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            readonly 408: components["responses"]["request_timeout"];
            readonly 414: components["responses"]["uri_too_long"];
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            readonly 500: components["responses"]["internal_error"];
            /** @description A backing service is unavailable (`engine_unavailable`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly createExport: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The purpose of showing personal values. It is recorded. */
                readonly "Access-Purpose"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["ExportRequestDto"];
            };
        };
        readonly responses: {
            /** @description The request is recorded, and the export will be written. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["ExportDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The body is not valid JSON (`malformed_json`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            readonly 408: components["responses"]["request_timeout"];
            /** @description The body is too large (`payload_too_large`) */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 414: components["responses"]["uri_too_long"];
            /** @description The body must be application/json (`unsupported_media_type`) */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 421: components["responses"]["host_not_allowed"];
            /** @description The key was used for another request (`idempotency_key_reused`) */
            readonly 422: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller has more requests in progress than its share (`too_many_requests`); The subject of the token has sent too many requests (`rate_limited`) */
            readonly 429: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 431: components["responses"]["headers_too_large"];
            readonly 500: components["responses"]["internal_error"];
            /** @description A backing service is unavailable (`engine_unavailable`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly export: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly export_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["ExportDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            readonly 414: components["responses"]["uri_too_long"];
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            readonly 500: components["responses"]["internal_error"];
            /** @description A backing service is unavailable (`engine_unavailable`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly deleteExport: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly export_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description It is over. */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is not valid (`validation_failed`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            readonly 414: components["responses"]["uri_too_long"];
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            readonly 500: components["responses"]["internal_error"];
            /** @description A backing service is unavailable (`engine_unavailable`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly exportFile: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The ETag that you have; if the file has another one, it is sent completely. */
                readonly "If-Range"?: string;
                /** @description As `bytes=1048576-`. */
                readonly Range?: string;
            };
            readonly path: {
                readonly export_id: string;
                readonly name: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The file. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/x-ndjson": string;
                    readonly "text/csv": string;
                    readonly "application/vnd.apache.parquet": string;
                    readonly "application/json": Record<string, never>;
                    readonly "application/gzip": string;
                    readonly "application/octet-stream": string;
                };
            };
            /** @description The part that Range requests. */
            readonly 206: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/x-ndjson": string;
                    readonly "text/csv": string;
                    readonly "application/vnd.apache.parquet": string;
                    readonly "application/json": string;
                    readonly "application/gzip": string;
                    readonly "application/octet-stream": string;
                };
            };
            /** @description The request is not valid (`validation_failed`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            /** @description The data of the partner are restricted (`partner_restricted`); Pages of that origin may not call this server (`origin_not_allowed`); The token does not allow it (`forbidden`) */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            readonly 414: components["responses"]["uri_too_long"];
            /** @description The file has no such part (`range_not_satisfiable`) */
            readonly 416: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            readonly 500: components["responses"]["internal_error"];
            /** @description A backing service is unavailable (`engine_unavailable`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly trace: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The purpose of showing personal data, such as `complaint:4711`. Auditors and administrators see them only with a purpose, and each such read is recorded. Analysts always see `[masked]`. Agents and services need no purpose. */
                readonly "Access-Purpose"?: string;
            };
            readonly path: {
                /** @description The Correlation-Id of a request, or `$correlationId` of an event. */
                readonly correlation_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["TraceDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            readonly 414: components["responses"]["uri_too_long"];
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            readonly 500: components["responses"]["internal_error"];
            /** @description A backing service is unavailable (`engine_unavailable`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly verification: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly session_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["VerificationDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            readonly 414: components["responses"]["uri_too_long"];
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            readonly 500: components["responses"]["internal_error"];
            /** @description A backing service is unavailable (`engine_unavailable`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly proof: {
        readonly parameters: {
            readonly query: {
                /** @description The revision of the event. */
                readonly revision: number;
            };
            readonly header: {
                /** @description The purpose, as an identifier of yours. It is recorded. */
                readonly "Access-Purpose": string;
            };
            readonly path: {
                readonly session_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["ProofDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            /** @description There is no proof of the event (`no_proof`) */
            readonly 409: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 414: components["responses"]["uri_too_long"];
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            readonly 500: components["responses"]["internal_error"];
            /** @description A backing service is unavailable (`engine_unavailable`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listAccess: {
        readonly parameters: {
            readonly query?: {
                readonly limit?: number;
                /** @description The `next` of the previous page. */
                readonly after?: string;
                readonly partner_id?: string;
                /** @description Who did it: the subject of the token. */
                readonly subject?: string;
                /** @description At or after this time. */
                readonly from?: string;
                /** @description Before this time. */
                readonly to?: string;
            };
            readonly header?: {
                /** @description `no-cache`: not from a replica. `max-age=5`: at most 5 seconds old. */
                readonly "Cache-Control"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            readonly 200: {
                headers: {
                    /** @description The age of the answer in seconds. */
                    readonly Age?: number;
                    /** @description The answer has all rows that PostgreSQL had then; it may come from a replica. */
                    readonly "Turnstream-As-Of"?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["AccessPageDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The page cursor is not valid (`invalid_cursor`); The query takes longer than queries may (`query_too_broad`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            /** @description The token does not allow it (`forbidden`); Pages of that origin may not call this server (`origin_not_allowed`) */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            readonly 414: components["responses"]["uri_too_long"];
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            readonly 500: components["responses"]["internal_error"];
            /** @description A backing service is unavailable (`engine_unavailable`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly accessSummary: {
        readonly parameters: {
            readonly query: {
                readonly limit?: number;
                /** @description The `next` of the previous page. */
                readonly after?: string;
                /** @description At or after this time. */
                readonly from: string;
                /** @description Before this time. */
                readonly to: string;
            };
            readonly header?: {
                /** @description `no-cache`: not from a replica. `max-age=5`: at most 5 seconds old. */
                readonly "Cache-Control"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            readonly 200: {
                headers: {
                    /** @description The age of the answer in seconds. */
                    readonly Age?: number;
                    /** @description The answer has all rows that PostgreSQL had then; it may come from a replica. */
                    readonly "Turnstream-As-Of"?: string;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["AccessSummaryDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The page cursor is not valid (`invalid_cursor`); The query takes longer than queries may (`query_too_broad`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            /** @description The token does not allow it (`forbidden`); Pages of that origin may not call this server (`origin_not_allowed`) */
            readonly 403: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            readonly 414: components["responses"]["uri_too_long"];
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            readonly 500: components["responses"]["internal_error"];
            /** @description A backing service is unavailable (`engine_unavailable`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly issueTicket: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["TicketDto"];
                };
            };
            readonly 400: components["responses"]["malformed_request"];
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            readonly 408: components["responses"]["request_timeout"];
            readonly 414: components["responses"]["uri_too_long"];
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            readonly 500: components["responses"]["internal_error"];
            /** @description A backing service is unavailable (`engine_unavailable`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly revokeTokens: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["RevokeDto"];
            };
        };
        readonly responses: {
            /** @description It is revoked. */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is not valid (`validation_failed`); The body is not valid JSON (`malformed_json`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            readonly 408: components["responses"]["request_timeout"];
            /** @description The body is too large (`payload_too_large`) */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 414: components["responses"]["uri_too_long"];
            /** @description The body must be application/json (`unsupported_media_type`) */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            readonly 500: components["responses"]["internal_error"];
            /** @description A backing service is unavailable (`engine_unavailable`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly detokenise: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description The delivery partner. */
                readonly partner_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["DetokeniseDto"];
            };
        };
        readonly responses: {
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["DetokenisedDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The body is not valid JSON (`malformed_json`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            /** @description The body is too large (`payload_too_large`) */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 414: components["responses"]["uri_too_long"];
            /** @description The body must be application/json (`unsupported_media_type`) */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            readonly 500: components["responses"]["internal_error"];
            /** @description A backing service is unavailable (`engine_unavailable`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly erase: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description The delivery partner. */
                readonly partner_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["ReasonDto"];
            };
        };
        readonly responses: {
            /** @description The request is recorded and will be carried out. */
            readonly 202: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["PartnerErasureDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The body is not valid JSON (`malformed_json`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            /** @description The session's state does not allow the command (`command_not_allowed`) */
            readonly 409: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large (`payload_too_large`) */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 414: components["responses"]["uri_too_long"];
            /** @description The body must be application/json (`unsupported_media_type`) */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            /** @description Internal server error (`internal_error`) */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A backing service is unavailable (`engine_unavailable`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly status: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description The delivery partner. */
                readonly partner_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["PartnerErasureDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            readonly 414: components["responses"]["uri_too_long"];
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            /** @description Internal server error (`internal_error`) */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A backing service is unavailable (`engine_unavailable`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly cancel: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description The delivery partner. */
                readonly partner_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["PartnerErasureDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            /** @description The session's state does not allow the command (`command_not_allowed`) */
            readonly 409: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 414: components["responses"]["uri_too_long"];
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            /** @description Internal server error (`internal_error`) */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A backing service is unavailable (`engine_unavailable`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly hold: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description The delivery partner. */
                readonly partner_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["ReasonDto"];
            };
        };
        readonly responses: {
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["PartnerErasureDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The body is not valid JSON (`malformed_json`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            /** @description The session's state does not allow the command (`command_not_allowed`) */
            readonly 409: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large (`payload_too_large`) */
            readonly 413: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 414: components["responses"]["uri_too_long"];
            /** @description The body must be application/json (`unsupported_media_type`) */
            readonly 415: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            /** @description Internal server error (`internal_error`) */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A backing service is unavailable (`engine_unavailable`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly lift: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description The delivery partner. */
                readonly partner_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["PartnerErasureDto"];
                };
            };
            /** @description The request is not valid (`validation_failed`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            /** @description The session's state does not allow the command (`command_not_allowed`) */
            readonly 409: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 414: components["responses"]["uri_too_long"];
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            /** @description Internal server error (`internal_error`) */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A backing service is unavailable (`engine_unavailable`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly archive: {
        readonly parameters: {
            readonly query?: never;
            readonly header: {
                /** @description The purpose, as an identifier of yours. It is recorded. */
                readonly "Access-Purpose": string;
            };
            readonly path: {
                /** @description The delivery partner. */
                readonly partner_id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The archive. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/zip": string;
                };
            };
            /** @description The request is not valid (`validation_failed`); The request cannot be understood (`malformed_request`) */
            readonly 400: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 401: components["responses"]["unauthenticated"];
            readonly 403: components["responses"]["origin_not_allowed"];
            /** @description Not found (`not_found`) */
            readonly 404: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            readonly 408: components["responses"]["request_timeout"];
            readonly 414: components["responses"]["uri_too_long"];
            readonly 421: components["responses"]["host_not_allowed"];
            readonly 429: components["responses"]["too_many_requests"];
            readonly 431: components["responses"]["headers_too_large"];
            /** @description Internal server error (`internal_error`) */
            readonly 500: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A backing service is unavailable (`engine_unavailable`); There are more requests than can be answered in time (`overloaded`) */
            readonly 503: {
                headers: {
                    /** @description Seconds */
                    readonly "Retry-After"?: number;
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
