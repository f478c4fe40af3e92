"""Web Push: messages to the browsers that a user has subscribed."""
