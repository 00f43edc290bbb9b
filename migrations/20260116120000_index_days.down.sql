DROP INDEX submissions_by_day;
