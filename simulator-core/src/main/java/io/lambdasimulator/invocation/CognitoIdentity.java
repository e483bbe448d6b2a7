package io.lambdasimulator.invocation;

/**
 * The Amazon Cognito identity that a mobile SDK caller passes on.
 *
 * @param identityId the identity
 * @param identityPoolId the identity pool
 */
public record CognitoIdentity(String identityId, String identityPoolId) {}
