import type { KubeList, KubeObject, KubeRef, KubeType, KubeWatchEvent } from './kube-object.ts';

/**
 * The only way to a cluster. Three implementations stand behind it: `client-node.ts` (a real API server or
 * the simulator over HTTP), and the simulator's store mounted in-process for unit tests.
 * `test/support/kube-client-contract.ts` holds all of them to the same behaviour.
 *
 * Every call throws `KubeError` for an answer that is not 2xx, and for a connection that failed or timed out.
 */
export interface KubeClient {
  /** A live read; `undefined` only for a live 404 of the object. */
  get(type: KubeType, ref: KubeRef, options?: CallOptions): Promise<KubeObject | undefined>;

  /** The whole collection (pages are followed) with the resourceVersion that a watch continues from. */
  list(type: KubeType, options?: ListOptions): Promise<KubeList>;

  /**
   * The same collection page by page, for those that are too large to be held at once; every page names the snapshot's
   * resourceVersion. Throws 410 `Expired` when the snapshot is gone before its last page: the caller begins again.
   */
  pages(type: KubeType, options?: ListOptions): AsyncIterable<KubeList>;

  /**
   * Events after `resourceVersion`, bookmarks included. Ends normally when the server closes the watch,
   * throws `KubeError` (410 with reason `Expired` or `Gone` → the caller lists again).
   */
  watch(type: KubeType, options: WatchOptions): AsyncIterable<KubeWatchEvent>;

  /** POST with `fieldValidation=Strict`. Throws 409 `AlreadyExists` when the name is taken. */
  create(type: KubeType, object: KubeObject, options?: CallOptions): Promise<KubeObject>;

  /**
   * Server-side apply by our one field manager, forced, with `fieldValidation=Strict`. With
   * `metadata.uid` set it throws 409 `Conflict` when the object of that name is another one or is gone; 400
   * `BadRequest` for fields or types that the schema does not know.
   */
  apply(type: KubeType, object: KubeObject, options?: CallOptions): Promise<KubeObject>;

  /** JSON merge patch, for the few fields that no builder renders (an annotation that wakes a controller). */
  mergePatch(type: KubeType, ref: KubeRef, patch: object, options?: CallOptions): Promise<KubeObject>;

  /**
   * DELETE with `preconditions.uid`, background propagation. Returns whether the object was there;
   * throws 409 `Conflict` when the object of that name has another uid. The object may stay for its finalizers.
   */
  delete(type: KubeType, ref: KubeRef, uid: string, options?: CallOptions): Promise<boolean>;

  /** Kinds that the server serves under a group version, `[]` when it does not serve the group version. */
  discover(apiVersion: string, options?: CallOptions): Promise<readonly DiscoveredKind[]>;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Default `DEFAULT_TIMEOUT_MS`. */
  readonly timeoutMs?: number;
}

export interface ListOptions extends CallOptions {
  readonly namespace?: string;
  /** Kubernetes label selector, e.g. `app=web,tier!=db`. */
  readonly labelSelector?: string;
  /** Objects per page asked of the server. */
  readonly pageSize?: number;
}

export interface WatchOptions extends CallOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly resourceVersion: string;
  /** The server closes the watch after this long. */
  readonly timeoutSeconds: number;
}

export interface DiscoveredKind {
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

/** The one field manager of server-side apply. */
export const FIELD_MANAGER = 'netplane';

export const DEFAULT_TIMEOUT_MS = 5_000;
