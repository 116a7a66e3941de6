int foreign_number(void);
int foreign_number(void) { return 7; }
