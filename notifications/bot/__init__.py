"""The Telegram bot: commands, buttons and screens, by long polling or webhook."""
