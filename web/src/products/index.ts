// SPDX-License-Identifier: Apache-2.0
// The products this console knows, a line each: what a folder exports is its products (shell/product.ts).
// A folder that goes takes its line with it, and nothing else knows of it.
export * from './window';
export * from './teddy';
export * from './charger';
export * from '../../../examples/lamp/card';
export {};
