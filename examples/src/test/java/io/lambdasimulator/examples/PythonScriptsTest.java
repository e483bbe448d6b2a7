package io.lambdasimulator.examples;

import io.lambdasimulator.examples.support.ScriptLanguage;
import org.junit.jupiter.api.Tag;

/** Run it: {@code mvn test -pl examples -am -Dtest=PythonScriptsTest -Dsurefire.failIfNoSpecifiedTests=false}. */
@Tag("python3")
class PythonScriptsTest extends ScriptTests {

    PythonScriptsTest() {
        super(ScriptLanguage.PYTHON);
    }
}
