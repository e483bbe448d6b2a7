/** The Runtime and Extensions APIs and the front door over HTTP: parse, call the environment, render. */
@NullMarked
package io.lambdasimulator.internal.http;

import org.jspecify.annotations.NullMarked;
