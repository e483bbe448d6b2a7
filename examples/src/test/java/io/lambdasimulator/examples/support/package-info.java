/** What the examples have in common and a user does not need. */
package io.lambdasimulator.examples.support;
