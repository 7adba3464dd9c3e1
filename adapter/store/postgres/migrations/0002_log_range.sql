-- log_forgotten: the newest entry of the change log that is not told any more; the versions stay.
INSERT INTO state (name, number) VALUES ('log_forgotten', 0);
