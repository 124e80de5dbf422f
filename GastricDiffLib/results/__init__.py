"""What a classified case is: its values, its tables, its files and its picture. Without torch."""
