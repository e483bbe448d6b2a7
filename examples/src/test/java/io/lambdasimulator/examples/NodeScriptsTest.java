package io.lambdasimulator.examples;

import io.lambdasimulator.examples.support.ScriptLanguage;
import org.junit.jupiter.api.Tag;

/** Run it: {@code mvn test -pl examples -am -Dtest=NodeScriptsTest -Dsurefire.failIfNoSpecifiedTests=false}. */
@Tag("node")
class NodeScriptsTest extends ScriptTests {

    NodeScriptsTest() {
        super(ScriptLanguage.NODE);
    }
}
