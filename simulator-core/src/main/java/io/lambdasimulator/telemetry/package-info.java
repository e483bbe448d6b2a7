/**
 * The Telemetry API's records, and access to those of an environment for tests.
 *
 * @see <a href="https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html">Telemetry API event schema</a>
 */
@NullMarked
package io.lambdasimulator.telemetry;

import org.jspecify.annotations.NullMarked;
