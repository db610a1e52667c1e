"""The speech that is measured on, by set; each is fetched or made when it is missing, and kept in a cache."""
