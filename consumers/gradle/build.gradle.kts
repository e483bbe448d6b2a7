// The same test dependency as in ../junit6/pom.xml. Read by a test, not run.

plugins {
    java
}

java {
    toolchain {
        languageVersion = JavaLanguageVersion.of(17)
    }
}

repositories {
    mavenLocal()
    mavenCentral()
}

dependencies {
    // readme: gradle
    testImplementation("io.lambdasimulator:simulator-junit:0.1.0-SNAPSHOT")
    // readme: end
    testImplementation("org.junit.jupiter:junit-jupiter:6.1.3")
    testRuntimeOnly("org.junit.platform:junit-platform-launcher:6.1.3")
    testRuntimeOnly("org.slf4j:slf4j-nop:2.0.20")
}

tasks.test {
    useJUnitPlatform()
}
