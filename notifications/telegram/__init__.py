"""The Telegram side: Bot API client, bot commands, webhook."""
