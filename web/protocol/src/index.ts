// The wire's types (generated from shared/protocol) and the client that widget and dashboard share.

export * from "./generated/index.js";
export * from "./generated/templates.js";
export * from "./backoff.js";
export * from "./client.js";
export * from "./connection.js";
export * from "./digest.js";
export * from "./edges.js";
export * from "./frame.js";
export * from "./lifecycle.js";
export * from "./limits.js";
export * from "./log.js";
export * from "./outbox.js";
export * from "./pictures.js";
export * from "./rich.js";
